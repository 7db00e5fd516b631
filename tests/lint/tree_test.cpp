// Rules about the source tree that no compiler knows. Each message says what to do instead.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <regex.h>

#include "tests/support/source_dir.h"

namespace {

namespace fs = std::filesystem;

// Who may know whom. gateway/main.cpp knows everything; tests may know everyone.
const std::map<std::string, std::set<std::string>> kMayKnow = {
    {"base", {}},
    {"signing", {"base"}},
    {"config", {"base"}},
    {"transport", {"base"}},
    {"ledger", {"base"}},
    {"callbacks", {"base", "config", "signing", "transport", "ledger"}},
    {"gateway", {"base", "config", "signing", "transport", "ledger", "callbacks"}},
    {"tunnel", {"base", "config", "transport", "signing"}},
    {"sandbox", {"base", "config", "transport"}},
};
constexpr const char* kKnowsEverything = "gateway/main.cpp";

// The system's expressions: those of C++ take a minute for the tree when nothing is optimised.
class Pattern {
public:
    explicit Pattern(const char* text) {
        EXPECT_EQ(::regcomp(&compiled_, text, REG_EXTENDED | REG_NOSUB), 0) << text;
    }
    ~Pattern() { ::regfree(&compiled_); }
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;

    bool is_in(const std::string& line) const {
        return ::regexec(&compiled_, line.c_str(), 0, nullptr, 0) == 0;
    }

private:
    regex_t compiled_{};
};

struct Ban {
    const char* pattern;
    const char* instead;
    std::set<std::string> allowed_files;
};

const std::vector<Ban> kBans = {
    {R"((system|steady|high_resolution)_clock::now)",
     "take a tollgate::Clock&",
     {"base/clock.cpp"}},
    {R"(std::random_device|\brand\(|std::mt19937)", "take a tollgate::Random& or Entropy&", {}},
    {R"(RAND_bytes)", "take a tollgate::Entropy&", {"signing/entropy.cpp"}},
    {R"(sleep_for|sleep_until|\busleep\()", "let the caller decide when to call again", {}},
    {R"(\b(float|double)\b)",
     "count in fen, milliseconds or percent",
     {"gateway/metrics/families.cpp"}},  // Prometheus has no other numbers.
    {R"(datetime\('now'|CURRENT_TIMESTAMP|random\(\))", "bind the time and the dice", {}},
    {R"(\bTODO\b|\bFIXME\b)", "finish it before it lands", {}},
    {R"((=|return|\() ?new [A-Z])", "std::make_unique", {}},
    {R"(KeyEngine|EngineKeys)",
     "use real keys: engines are for simulations",
     {"signing/key_engine.h", "signing/private_key.cpp", "signing/private_key.h",
      "signing/public_key.cpp", "signing/public_key.h"}},
};

// What only the files named here may touch.
const std::map<std::string, const char*> kDoors = {
    {"transport/", R"(#include <(amqp|curl/|httplib\.h|sys/epoll))"},
    {"base/sqlite", R"(#include <sqlite3\.h)"},
    {"ledger/postgres", R"(#include <libpq)"},
    {"gateway/metrics/", R"(#include <prometheus/)"},
};

std::vector<fs::path> sources() {
    std::vector<fs::path> found;
    for (const auto& [room, unused] : kMayKnow) {
        const fs::path root = tollgate::source_dir() / room;
        if (!fs::exists(root)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            const auto extension = entry.path().extension();
            if (extension == ".h" || extension == ".cpp") found.push_back(entry.path());
        }
    }
    return found;
}

std::string name_of(const fs::path& path) {
    return fs::relative(path, tollgate::source_dir()).generic_string();
}

// Calls check(line, "room/file.cpp", "room/file.cpp:12") for each line, comments left out.
template <typename Check>
void for_each_line(Check check) {
    for (const fs::path& path : sources()) {
        const std::string name = name_of(path);
        std::ifstream file(path);
        int number = 0;
        for (std::string line; std::getline(file, line);) {
            line.resize(std::min(line.size(), line.find("// ")));
            check(line, name, name + ":" + std::to_string(++number));
        }
    }
}

TEST(Tree, RoomsKnowOnlyTheRoomsBelowThem) {
    const std::regex include(R"re(^#include "([a-z_]+)/)re");
    for_each_line([&](const std::string& line, const std::string& name, const std::string& where) {
        std::smatch match;
        if (name == kKnowsEverything || !std::regex_search(line, match, include)) return;
        const std::string from = name.substr(0, name.find('/'));
        const std::string to = match[1];
        EXPECT_TRUE(from == to || kMayKnow.at(from).contains(to))
            << where << ": " << from << " may not know " << to;
    });
}

TEST(Tree, NobodyGoesAroundTheSeams) {
    for (const Ban& ban : kBans) {
        const Pattern pattern(ban.pattern);
        for_each_line(
            [&](const std::string& line, const std::string& name, const std::string& where) {
                EXPECT_FALSE(pattern.is_in(line) && !ban.allowed_files.contains(name))
                    << where << ": " << ban.pattern << " is banned; " << ban.instead;
            });
    }
}

TEST(Tree, LibrariesAreSpokenToInOnePlace) {
    for (const auto& [door, text] : kDoors) {
        const Pattern include(text);
        for_each_line(
            [&](const std::string& line, const std::string& name, const std::string& where) {
                EXPECT_FALSE(include.is_in(line) && !name.starts_with(door))
                    << where << ": only " << door << "* may include this";
            });
    }
}

TEST(Tree, FilesStaySmallEnoughToBeOneConcept) {
    for (const fs::path& path : sources()) {
        std::ifstream file(path);
        const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
        EXPECT_LE(lines, 500) << name_of(path) << " has " << lines << " lines: split it";
    }
}

TEST(Tree, EveryHeaderIsIncludedOnce) {
    for (const fs::path& path : sources()) {
        if (path.extension() != ".h") continue;
        std::ifstream file(path);
        std::string first;
        std::getline(file, first);
        EXPECT_EQ(first, "#pragma once") << name_of(path);
    }
}

std::string text_of(const std::string& file) {
    std::ifstream stream(tollgate::source_dir() / file);
    EXPECT_TRUE(stream) << file;
    return {std::istreambuf_iterator<char>(stream), {}};
}

void expect_words(const std::set<std::string>& names) {
    for (const char* file :
         {"gateway/console/src/words/en.ts", "gateway/console/src/words/zh.ts"}) {
        const std::string words = text_of(file);
        for (const std::string& name : names) {
            EXPECT_NE(words.find(" " + name + ": '"), std::string::npos)
                << file << " has no word for " << name;
        }
    }
}

// What the ledger names, the console's pages say in words.
TEST(Tree, TheConsoleHasAWordForEveryDifference) {
    const std::string text = text_of("docs/state-machine.md");
    std::set<std::string> names;
    std::istringstream section(text.substr(text.find("\n## Differences\n")));
    const std::regex name("`([a-z_]+)`");
    for (std::string line; std::getline(section, line);) {
        if (!line.starts_with("| `")) continue;
        const std::string classes = line.substr(0, line.find(" | "));
        for (std::sregex_iterator at(classes.begin(), classes.end(), name), end; at != end; ++at) {
            names.insert((*at)[1]);
        }
    }
    EXPECT_GT(names.size(), 30U);
    expect_words(names);
}

TEST(Tree, TheConsoleHasAWordForHowEachAttemptEnded) {
    std::set<std::string> names;
    const std::regex outcome(R"(\.outcome = [^;}]*)");
    const std::regex name(R"re("([a-z_]+)")re");
    for_each_line([&](const std::string& line, const std::string& file, const std::string&) {
        std::smatch found;
        if (!file.starts_with("callbacks/") || !std::regex_search(line, found, outcome)) return;
        std::string words = found[0];
        words = words.substr(words.find('?') == std::string::npos ? 0 : words.find('?'));
        for (std::sregex_iterator at(words.begin(), words.end(), name), end; at != end; ++at) {
            names.insert((*at)[1]);
        }
    });
    EXPECT_GT(names.size(), 12U);
    expect_words(names);
}

// A private key in the tree is a private key that everybody has.
TEST(Tree, HoldsNoPrivateKey) {
    const std::string armour = std::string("PRIVATE") + " KEY-----";
    for (const auto& entry : fs::recursive_directory_iterator(tollgate::source_dir())) {
        const std::string name = name_of(entry.path());
        if (!entry.is_regular_file() || name.starts_with("build/") || name.starts_with("var/") ||
            name.starts_with(".git/") || name.find("node_modules/") != std::string::npos) {
            continue;
        }
        std::ifstream file(entry.path());
        const std::string text(std::istreambuf_iterator<char>(file), {});
        const auto at = text.find(armour + "\n");
        EXPECT_EQ(at, std::string::npos) << name;
    }
}

}  // namespace
