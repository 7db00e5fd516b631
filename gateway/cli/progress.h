#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::gateway::cli {

// "payments  [######------]  50%"; `of` 0: it is not known how much there is.
std::string progress_line(std::string_view stage, std::int64_t done, std::int64_t of);

// One line on standard error, written over and over, and wiped out at the end. Nothing where that
// is no terminal.
class ProgressBar {
public:
    ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();

    void show(std::string_view stage, std::int64_t done, std::int64_t of);

private:
    const bool shown_;
    std::string last_;
};

}  // namespace tollgate::gateway::cli
