// The command line: the only file that knows every room.
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "config/listen_address.h"
#include "config/sandbox_settings.h"
#include "config/tunnel_settings.h"
#include "gateway/alipay/method_table.h"
#include "gateway/cli/alipay_call.h"
#include "gateway/cli/doctor.h"
#include "gateway/cli/exit_code.h"
#include "gateway/cli/keys.h"
#include "gateway/cli/manual.h"
#include "gateway/cli/reconcile_options.h"
#include "gateway/cli/serve.h"
#include "gateway/cli/signatures.h"
#include "gateway/cli/store.h"
#include "gateway/cli/version.h"
#include "sandbox/drive.h"
#include "sandbox/methods.h"
#include "sandbox/sandbox.h"
#include "signing/digest.h"
#include "signing/entropy.h"
#include "tunnel/client.h"
#include "tunnel/inspector.h"
#include "tunnel/metrics.h"
#include "tunnel/relay.h"

namespace {

using namespace tollgate;  // NOLINT(google-build-using-namespace): main knows everything.
namespace cli = gateway::cli;

constexpr std::size_t kStdinBytesMax = 16 * 1024 * 1024;

int say(const Error& error, int code) {
    static_cast<void>(std::fprintf(stderr, "tollgate: %s%s%s%s\n", error.message().c_str(),
                                   error.reason().empty() ? "" : " (", error.reason().c_str(),
                                   error.reason().empty() ? "" : ")"));
    return code;
}

int finish(const Result<Done>& done) {
    return done ? cli::kDone : say(done.error(), cli::kRefused);
}

std::string read_stdin() {
    std::string text;
    std::array<char, 65'536> part{};
    for (;;) {
        const ssize_t size = ::read(STDIN_FILENO, part.data(), part.size());
        if (size <= 0 || text.size() > kStdinBytesMax) return text;
        text.append(part.data(), static_cast<std::size_t>(size));
    }
}

int say_mistakes(const std::string& file, const std::vector<config::Problem>& problems) {
    static_cast<void>(std::fprintf(stderr, "%s has mistakes:\n%s", file.c_str(),
                                   config::to_text(problems).c_str()));
    return cli::kConfig;
}

int run_sandbox(const std::string& config_file, const std::string& faults_file) {
    auto loaded = config::load_sandbox_file(config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        return say_mistakes(config_file, *problems);
    }
    auto& settings = std::get<config::SandboxSettings>(loaded);
    if (!faults_file.empty()) {
        auto faults = config::load_faults_file(faults_file);
        if (const auto* problems = std::get_if<std::vector<config::Problem>>(&faults)) {
            return say_mistakes(faults_file, *problems);
        }
        settings.alipay.faults = std::get<config::FaultPlan>(std::move(faults));
    }
    cli::block_signals();
    Log log(STDERR_FILENO, system_clock());
    SeededRandom random(static_cast<std::uint64_t>(system_clock().now().ms));
    auto sandbox = sandbox::Sandbox::open(settings, {.clock = system_clock(),
                                                     .entropy = signing::openssl_entropy(),
                                                     .random = random,
                                                     .log = log});
    if (!sandbox) return say(sandbox.error(), cli::kUnavailable);
    log.info("sandbox.ready",
             {{"alipay_port", (*sandbox)->alipay_port()}, {"shop_port", (*sandbox)->shop_port()}});
    std::thread signals([&] {
        cli::wait_for_signal();
        (*sandbox)->stop();
    });
    (*sandbox)->run();
    signals.join();
    return cli::kDone;
}

int drive(const sandbox::DriveSettings& settings) {
    const auto report = sandbox::drive_one_order(settings, system_clock());
    if (!report) return say(report.error(), cli::kRefused);
    std::printf(R"({"payment_id":"%s","status":"%s","event_delivered":%s,"create_ms":%lld,)"
                R"("notify_to_event_ms":%lld})"
                "\n",
                report->payment_id.c_str(), report->status.c_str(),
                report->event_delivered ? "true" : "false",
                static_cast<long long>(report->create_ms),  // NOLINT(google-runtime-int): printf.
                static_cast<long long>(report->notify_to_event_ms));  // NOLINT(google-runtime-int)
    return report->status == "paid" && report->event_delivered ? cli::kDone : cli::kRefused;
}

int run_relay(const std::string& config_file) {
    auto loaded = config::load_tunnel_file(config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        static_cast<void>(std::fprintf(stderr, "%s has mistakes:\n%s", config_file.c_str(),
                                       config::to_text(*problems).c_str()));
        return cli::kConfig;
    }
    cli::block_signals();
    ::umask(077);  // The store holds buyers' data.
    Log log(STDERR_FILENO, system_clock());
    auto relay = tunnel::Relay::open(std::get<config::TunnelSettings>(std::move(loaded)),
                                     {.clock = system_clock(),
                                      .entropy = signing::openssl_entropy(),
                                      .log = log,
                                      .on_fatal = [&log](std::string_view reason) {
                                          log.error("process.must_stop", {{"reason", reason}});
                                          // No destructor may answer anybody any more.
                                          std::_Exit(cli::kMustStop);
                                      }});
    if (!relay) return say(relay.error(), cli::kUnavailable);
    log.info("tunnel.relay_ready",
             {{"port", (*relay)->port()}, {"inspector_port", (*relay)->inspector_port()}});
    std::thread signals([&] {
        cli::wait_for_signal();
        (*relay)->stop();
    });
    (*relay)->run();
    signals.join();
    return cli::kDone;
}

struct ConnectOptions {
    tunnel::ClientSettings settings;
    std::string token_file;
    std::string to;
    std::string host = "auto";
    std::int64_t since_minutes = 0;
    std::int64_t app_timeout_seconds = 30;
    std::string inspect;  // Empty: at its usual address, if that is free.
    std::vector<std::string> alipay_key_files;
};

// A line for the person at the laptop.
void tell(const std::string& line) {
    std::puts(line.c_str());
    static_cast<void>(std::fflush(stdout));
}

// Ends `--hold` at the first line from the keyboard.
void release_at_a_line(tunnel::Client& client, const std::atomic<bool>& over) {
    constexpr int kLookMs = 200;
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    while (!over) {
        if (::poll(&input, 1, kLookMs) <= 0) continue;
        std::array<char, 256> line{};
        if (::read(STDIN_FILENO, line.data(), line.size()) <= 0) return;
        client.set_hold(false);
    }
}

Result<Done> fill_in(ConnectOptions& options) {
    TOLLGATE_TRY(std::string token, config::read_file(options.token_file, 4096));
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    options.settings.token = Secret(std::move(token));
    TOLLGATE_TRY(options.settings.target, tunnel::read_target(options.to));
    TOLLGATE_TRY(options.settings.target.host, tunnel::read_host_rule(options.host));
    options.settings.target.timeout = std::chrono::seconds(options.app_timeout_seconds);
    options.settings.since = std::chrono::minutes(options.since_minutes);
    return Done{};
}

// Null for --inspect off. The usual address may be taken, by another client of this laptop say:
// then there is none, unless it was asked for.
Result<std::unique_ptr<tunnel::Inspector>> open_inspector(const ConnectOptions& options,
                                                          const tunnel::LocalTarget& target,
                                                          tunnel::Client& client, Log& log) {
    if (options.inspect == "off") return std::unique_ptr<tunnel::Inspector>();
    tunnel::InspectorSettings settings{.target = target};
    TOLLGATE_TRY(settings.alipay_keys, tunnel::read_alipay_keys(options.alipay_key_files));
    if (!options.inspect.empty()) {
        const auto address = config::read_listen_address(options.inspect);
        if (!address) {
            return Error(ErrorCode::invalid_argument,
                         "--inspect takes off or an address such as 127.0.0.1:4040");
        }
        settings.listen = *address;
    }
    std::array<std::uint8_t, 16> bytes{};
    signing::openssl_entropy().fill(bytes);
    const std::string token =
        signing::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    settings.door.token_sha256 = {signing::sha256_hex(token)};
    const bool is_ipv6 = settings.listen.address == "::1";
    auto inspector = tunnel::Inspector::open(
        std::move(settings), {.clock = system_clock(),
                              .entropy = signing::openssl_entropy(),
                              .log = log,
                              .exchanges = client.log(),
                              .metrics = [&client] { return metrics_of(client.state()); },
                              .say = tell});
    if (inspector) {
        tell("inspector: http://" + std::string(is_ipv6 ? "[::1]" : "127.0.0.1") + ":" +
             std::to_string((*inspector)->port()) + "/#token=" + token);
        return inspector;
    }
    if (!options.inspect.empty() || inspector.error().code() != ErrorCode::unavailable) {
        return inspector;
    }
    tell("no inspector: " + inspector.error().message() + " (choose another by --inspect)");
    return std::unique_ptr<tunnel::Inspector>();
}

int run_connect(ConnectOptions& options) {
    if (const auto filled = fill_in(options); !filled) return say(filled.error(), cli::kUsage);
    const tunnel::LocalTarget target = options.settings.target;
    const bool hold = options.settings.hold;
    cli::block_signals();
    Log log(STDERR_FILENO, system_clock(), LogLevel::error);
    SeededRandom random(static_cast<std::uint64_t>(system_clock().now().ms));
    auto client =
        tunnel::Client::make(std::move(options.settings), {.clock = system_clock(),
                                                           .entropy = signing::openssl_entropy(),
                                                           .random = random,
                                                           .log = log,
                                                           .say = tell});
    if (!client) return say(client.error(), cli::kUsage);
    const auto inspector = open_inspector(options, target, **client, log);
    if (!inspector) return say(inspector.error(), cli::kUsage);
    std::thread looking;
    if (*inspector) looking = std::thread([&] { (*inspector)->run(); });
    if (hold) std::puts("kept callbacks stay at the relay until you press Enter");
    std::atomic<bool> over = false;
    std::thread keyboard;
    if (hold) keyboard = std::thread([&] { release_at_a_line(**client, over); });
    std::thread signals([&] {
        cli::wait_for_signal();
        (*client)->stop();
    });
    const auto done = (*client)->run();
    over = true;
    if (!done) ::kill(::getpid(), SIGTERM);  // Ends the wait for a signal.
    signals.join();
    if (keyboard.joinable()) keyboard.join();
    if (*inspector) (*inspector)->stop();
    if (looking.joinable()) looking.join();
    return finish(done);
}

// What the options of one command are read into.
struct Options {
    std::string config_file;
    std::string folder;
    std::string file;
    std::vector<std::string> names;
    std::string key_file;
    std::string type = "RSA2";
    std::string signature;
    std::string app_id;
    std::string seller_id;
    cli::AlipayCallOptions alipay_call;
    int bits = 2048;
    std::string faults_file;
    bool demo = false;
    sandbox::DriveSettings drive;
    ConnectOptions connect;
    cli::ReconcileCommand reconcile;
    cli::StoreCommand store;
    cli::DoctorOptions doctor;
    std::string shell;
};

void add_service_commands(CLI::App& app, Options& options, int& code) {
    auto* serve = app.add_subcommand("serve", "Run the gateway");
    serve->add_option("--config", options.config_file, "The settings file")->required();
    serve->callback([&] { code = cli::serve(options.config_file); });

    auto* check = app.add_subcommand("check-config", "Name every mistake of a settings file");
    check->add_option("--config", options.config_file, "The settings file")->required();
    check->callback([&] { code = cli::check_config(options.config_file); });

    auto* doctor =
        app.add_subcommand("doctor", "Say what is wrong with a settings file, and how to mend it");
    doctor->add_option("--config", options.doctor.config_file, "The settings file")->required();
    doctor->add_option("--app-public-key", options.doctor.app_public_key_file,
                       "A file with the app public key that Alipay's console shows");
    doctor->add_flag("--online", options.doctor.online,
                     "Ask Alipay, by one query for each app; it changes nothing");
    doctor->callback([&] { code = cli::doctor(options.doctor); });

    auto* sandbox = app.add_subcommand("sandbox", "Run the pretend Alipay and the pretend shop");
    sandbox->add_option("--config", options.config_file, "The sandbox's settings file");
    sandbox->add_option("--faults", options.faults_file, "What goes wrong on purpose (a file)");
    sandbox->require_subcommand(0, 1);
    auto* buy = sandbox->add_subcommand("drive", "Buy one thing in a running pretend shop");
    buy->add_option("--shop", options.drive.shop_url, "The shop's address")->required();
    buy->add_option("--alipay", options.drive.alipay_url, "The pretend Alipay's address");
    buy->add_option("--product", options.drive.product, "page, wap, qr or app")
        ->check(CLI::IsMember({"page", "wap", "qr", "app"}));
    buy->callback([&] { code = drive(options.drive); });
    sandbox->callback([&, sandbox] {
        if (!sandbox->get_subcommands().empty()) return;
        if (options.config_file.empty()) throw CLI::RequiredError("--config");
        code = run_sandbox(options.config_file, options.faults_file);
    });
}

void add_tunnel_commands(CLI::App& app, Options& options, int& code) {
    auto* tunnel = app.add_subcommand("tunnel", "Bring callbacks to a laptop");
    tunnel->require_subcommand(1);
    auto* relay = tunnel->add_subcommand("relay", "Run the public side");
    relay->add_option("--config", options.config_file, "The relay's settings file")->required();
    relay->callback([&] { code = run_relay(options.config_file); });

    ConnectOptions& to = options.connect;
    auto* connect = tunnel->add_subcommand("connect", "Run the laptop's side");
    connect->add_option("URL", to.settings.relay_url, "The relay's address")->required();
    connect->add_option("--token-file", to.token_file, "The file with the token")->required();
    connect->add_option("--to", to.to, "The app, such as http://127.0.0.1:8600")->required();
    connect->add_option("--host", to.host, "The Host that the app sees: auto, keep or a name");
    connect->add_option("--exchanges", to.settings.exchanges, "Callbacks at once")
        ->check(CLI::Range(1, 64));
    connect->add_option("--app-timeout", to.app_timeout_seconds, "Seconds that the app may take")
        ->check(CLI::Range(1, 600));
    connect->add_option("--ca-file", to.settings.ca_file, "Trust these certificates alone (PEM)");
    connect->add_option("--pin", to.settings.pinned_key, "The relay's key: sha256//…");
    connect->add_option("--drain-rate", to.settings.drain_per_second, "Kept callbacks a second")
        ->check(CLI::Range(1, 1000));
    connect->add_option("--since", to.since_minutes, "Drop kept ones that are older (minutes)")
        ->check(CLI::Range(1, 100'000));
    connect->add_flag("--only-latest", to.settings.only_latest,
                      "Of the kept ones, only the last one of each path");
    connect->add_option("--inspect", to.inspect,
                        "The inspector's address, or off (default 127.0.0.1:4040)");
    connect->add_option("--alipay-key", to.alipay_key_files,
                        "Alipay's public key: shows which signatures are good; may be repeated");
    connect->add_flag("--hold", to.settings.hold, "Leave kept ones there until you press Enter");
    connect->callback([&] { code = run_connect(options.connect); });

    auto* certificate = tunnel->add_subcommand("certificate", "Certificates of relays");
    certificate->require_subcommand(1);
    auto* self_signed = certificate->add_subcommand("new", "A self-signed one, for local trials");
    self_signed->add_option("DIR", options.folder, "The folder to write to")->required();
    self_signed->add_option("--name", options.names, "A name or address; may be repeated")
        ->default_val(std::vector<std::string>{"localhost", "127.0.0.1"});
    self_signed->callback([&] {
        code =
            finish(cli::new_relay_certificate(options.folder, options.names, system_clock().now()));
    });

    auto* token = tunnel->add_subcommand("token", "Tokens of tunnels");
    token->require_subcommand(1);
    auto* fresh = token->add_subcommand("new", "A fresh one; prints its hash for the relay");
    fresh->add_option("FILE", options.file, "The file to write")->required();
    fresh->callback([&] { code = finish(cli::new_tunnel_token(options.file)); });
}

void add_key_commands(CLI::App& app, Options& options, int& code) {
    auto* keys = app.add_subcommand("keys", "Make keys and secrets");
    keys->require_subcommand(1);
    auto* fresh = keys->add_subcommand("new", "An app's RSA key pair");
    fresh->add_option("DIR", options.folder, "The folder to write to")->required();
    fresh->add_option("--bits", options.bits, "2048 to 8192")->check(CLI::Range(2048, 8192));
    fresh->add_flag("--demo", options.demo, "Mark it: serve refuses it with a real address");
    fresh->callback(
        [&] { code = finish(cli::new_app_keys(options.folder, options.bits, options.demo)); });
    auto* chain =
        keys->add_subcommand("chain", "Certificates to rehearse certificate mode with the sandbox");
    chain->add_option("DIR", options.folder, "The folder to write to")->required();
    chain->add_option("--app-id", options.app_id, "The app's, as in both settings")->required();
    chain->add_option("--seller-id", options.seller_id, "2088 and 12 digits")->required();
    chain->callback([&] {
        code = finish(cli::new_demo_chain(options.folder, options.app_id, options.seller_id,
                                          system_clock().now()));
    });
    auto* caller = keys->add_subcommand("caller", "A bearer key for an order service");
    caller->add_option("FILE", options.file, "The file to write")->required();
    caller->callback([&] { code = finish(cli::new_caller_key(options.file)); });
    auto* webhook = keys->add_subcommand("webhook", "A secret that signs events");
    webhook->add_option("FILE", options.file, "The file to write")->required();
    webhook->callback([&] { code = finish(cli::new_webhook_secret(options.file)); });
    auto* password = keys->add_subcommand("password", "Hash a password for the console's settings");
    password->callback([&] { code = finish(cli::print_password_hash()); });
}

void add_signature_commands(CLI::App& app, Options& options, int& code) {
    auto* sign = app.add_subcommand("sign", "Sign standard input, print base64");
    sign->add_option("--key", options.key_file, "The private key's file")->required();
    sign->add_option("--type", options.type, "RSA2, RSA or SM2");
    sign->callback([&] {
        const auto signature = cli::sign_content(options.key_file, options.type, read_stdin());
        if (!signature) {
            code = say(signature.error(), cli::kRefused);
            return;
        }
        std::puts(signature->c_str());
    });

    auto* verify = app.add_subcommand("verify", "Verify a signature of standard input");
    verify->add_option("--key", options.key_file, "The public key's or certificate's file")
        ->required();
    verify->add_option("--signature", options.signature, "In base64")->required();
    verify->add_option("--type", options.type, "RSA2, RSA or SM2");
    verify->callback([&] {
        const auto verified =
            cli::verify_content(options.key_file, options.type, options.signature, read_stdin());
        if (verified) std::puts("verified");
        code = finish(verified);
    });

    auto* notification = app.add_subcommand("notification", "Look into Alipay's notifications");
    notification->require_subcommand(1);
    auto* judge = notification->add_subcommand("verify", "Judge the body on standard input");
    judge->add_option("--key", options.key_file, "The file of Alipay's public key")->required();
    judge->add_option("--type", options.type, "RSA2, RSA or SM2: what the app is configured for");
    judge->add_option("--app-id", options.app_id, "Demand this app_id");
    judge->add_option("--seller-id", options.seller_id, "Demand this seller_id");
    judge->callback([&] {
        const auto verdict = cli::verify_notification({.key_file = options.key_file,
                                                       .sign_type = options.type,
                                                       .app_id = options.app_id,
                                                       .seller_id = options.seller_id,
                                                       .body = read_stdin()});
        if (!verdict) {
            code = say(verdict.error(), cli::kUsage);
            return;
        }
        std::puts(verdict->json.c_str());
        code = verdict->accepted ? cli::kDone : cli::kRefused;
    });
}

void add_alipay_commands(CLI::App& app, Options& options, int& code) {
    auto* alipay = app.add_subcommand("alipay", "Speak to Alipay by hand");
    alipay->require_subcommand(1);
    cli::AlipayCallOptions& to = options.alipay_call;
    auto* call = alipay->add_subcommand(
        "call", "Make a call that changes nothing; its fields come as JSON on standard input");
    call->add_option("METHOD", to.method, "Such as alipay.trade.query")->required();
    call->add_option("--config", to.config_file, "The settings file")->required();
    call->add_option("--app", to.app, "Which app; needed when the settings have several");
    call->callback([&] {
        if (to.fields_needed()) to.fields = read_stdin();
        code = cli::alipay_call(to);
    });

    auto* methods = alipay->add_subcommand("methods", "What is spoken, as a table in Markdown");
    methods->callback([&] {
        std::fputs(gateway::methods_markdown(sandbox::apis_of).c_str(), stdout);
        std::puts("");
        std::fputs(gateway::codes_markdown().c_str(), stdout);
        code = cli::kDone;
    });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Tollgate: a payment service that a shop runs beside its order service");
    app.name("tollgate");
    app.set_version_flag("--version", cli::version_text());
    app.require_subcommand(1);
    Options options;
    int code = cli::kDone;
    add_service_commands(app, options, code);
    cli::add_reconcile_command(app, options.reconcile, code);
    cli::add_store_commands(app, options.store, code);
    add_tunnel_commands(app, options, code);
    add_key_commands(app, options, code);
    add_signature_commands(app, options, code);
    add_alipay_commands(app, options, code);
    cli::add_manual_commands(app, options.shell, code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? cli::kDone : cli::kUsage;
    }
    return code;
}
