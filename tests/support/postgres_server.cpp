#include "tests/support/postgres_server.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include "base/check.h"

namespace tollgate::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVersions = "/usr/lib/postgresql";
constexpr const char* kUser = "postgres";  // Of Debian's package: the server refuses to be root.
constexpr int kPatience_ms = 60'000;
constexpr int kBeat_ms = 20;
constexpr int kGoneIn_ms = 2'000;

// The newest that is installed; empty where none is.
fs::path programs() {
    std::vector<fs::path> found;
    std::error_code missing;
    for (const auto& version : fs::directory_iterator(kVersions, missing)) {
        if (fs::exists(version.path() / "bin" / "initdb")) found.push_back(version.path() / "bin");
    }
    return found.empty() ? fs::path() : *std::ranges::max_element(found);
}

// The command, as a user that may run the server, with its output in a file, and dead when we are.
std::vector<std::string> guarded(const std::string& log, std::vector<std::string> command) {
    std::vector<std::string> whole = {"/bin/sh", "-c", R"(log=$1; shift; exec "$@" >>"$log" 2>&1)",
                                      "sh",      log,  "setpriv"};
    if (::geteuid() == 0) {
        for (const char* word : {"--reuid", kUser, "--regid", kUser, "--init-groups"}) {
            whole.emplace_back(word);
        }
    }
    whole.insert(whole.end(), {"--pdeathsig", "KILL"});
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

std::vector<std::string> environment() {
    return {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "LC_ALL=C.UTF-8"};
}

}  // namespace

bool PostgresServer::is_installed() {
    return !programs().empty();
}

PostgresServer* PostgresServer::shared() {
    static const std::unique_ptr<PostgresServer> kShared = [] {
        std::unique_ptr<PostgresServer> server;
        if (!is_installed()) return server;
        server = std::make_unique<PostgresServer>();
        if (!server->start()) throw std::runtime_error("postgres: " + server->log());
        return server;
    }();
    return kShared.get();
}

PostgresServer::PostgresServer() {
    if (::geteuid() == 0) {
        const passwd* const user = ::getpwnam(kUser);
        TOLLGATE_CHECK(user != nullptr);
        TOLLGATE_CHECK(::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) == 0);
    }
}

PostgresServer::~PostgresServer() {
    kill();
}

void PostgresServer::kill() {
    if (!server_) return;
    // Those who serve connections are in sessions of their own; they would live on for a moment.
    const std::string pid = std::to_string(server_->pid());
    std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
    const std::vector<pid_t> serving{std::istream_iterator<pid_t>(file),
                                     std::istream_iterator<pid_t>()};
    server_.reset();
    for (const pid_t process : serving) ::kill(process, SIGKILL);
    for (const pid_t process : serving) {
        for (int waited = 0; ::kill(process, 0) == 0 && waited < kGoneIn_ms; waited += kBeat_ms) {
            ::poll(nullptr, 0, kBeat_ms);
        }
    }
}

bool PostgresServer::start() {
    const std::string data = folder_.file("data");
    if (!fs::exists(data)) {
        Program made(
            guarded(folder_.file("log"), {programs() / "initdb", "-D", data, "-U", "tollgate", "-A",
                                          "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"}),
            environment());
        if (made.wait_for_end() != 0) return false;
    }
    std::error_code missing;
    fs::remove(folder_.file("data/postmaster.pid"), missing);
    server_.emplace(guarded(folder_.file("log"),
                            {programs() / "postgres", "-D", data, "-k", folder_.path().string(),
                             "-c", "listen_addresses=", "-c", "max_connections=100", "-c",
                             "shared_buffers=64MB", "-c", "fsync=on", "-c", "deadlock_timeout=50ms",
                             "-c", "log_min_messages=warning"}),
                    environment());
    for (int waited = 0; waited < kPatience_ms; waited += kBeat_ms) {
        if (PQping(conninfo("template1").c_str()) == PQPING_OK) return true;
        ::poll(nullptr, 0, kBeat_ms);
    }
    return false;
}

std::string PostgresServer::conninfo(const std::string& database) const {
    return "host=" + folder_.path().string() + " user=tollgate dbname=" + database;
}

std::string PostgresServer::new_database(const std::string& from_template) {
    const std::string name =
        "ledger_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
    ask(conninfo("template1"), "CREATE DATABASE " + name + " TEMPLATE " + from_template);
    return conninfo(name);
}

std::optional<std::string> PostgresServer::ask(const std::string& conninfo,
                                               const std::string& sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> db(PQconnectdb(conninfo.c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(db.get(), sql.c_str()),
                                                               &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(sql + ": " + PQerrorMessage(db.get()));
    }
    if (PQntuples(result.get()) == 0 || PQgetisnull(result.get(), 0, 0) != 0) return std::nullopt;
    return PQgetvalue(result.get(), 0, 0);
}

std::string PostgresServer::log() const {
    std::ostringstream text;
    text << std::ifstream(folder_.file("log")).rdbuf();
    return text.str();
}

}  // namespace tollgate::testing
