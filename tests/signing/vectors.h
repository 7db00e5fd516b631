#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/source_dir.h"

// The folder of published vectors, which the repository does not copy: TOLLGATE_VECTORS, else
// ../shared/vectors beside the source tree, else nothing.
namespace tollgate::signing {

inline std::optional<std::filesystem::path> vectors_folder() {
    std::error_code problem;
    const char* named = std::getenv("TOLLGATE_VECTORS");  // NOLINT(concurrency-mt-unsafe)
    const std::filesystem::path folder = named != nullptr
                                             ? std::filesystem::path(named)
                                             : source_dir() / ".." / "shared" / "vectors";
    if (!std::filesystem::is_directory(folder, problem)) return std::nullopt;
    return folder;
}

inline nlohmann::json read_vectors(const std::string& file) {
    std::ifstream stream(*vectors_folder() / file);
    return nlohmann::json::parse(stream);
}

// By value, so that a range-for over the call keeps it alive.
inline nlohmann::json read_alipay_vectors(const std::string& file) {
    return read_vectors(file)["vectors"];
}

// What was done with a file's vectors, printed at the end so that nothing goes missing silently.
class Tally {
public:
    explicit Tally(std::string file) : file_(std::move(file)) {}
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;
    ~Tally() {
        std::cout << "[ vectors  ] " << file_ << ":";
        for (const auto& [what, count] : counts_) std::cout << ' ' << what << ' ' << count << ';';
        std::cout << '\n';
    }

    void count(const std::string& what) { ++counts_[what]; }

private:
    std::string file_;
    std::map<std::string, int> counts_;
};

}  // namespace tollgate::signing
