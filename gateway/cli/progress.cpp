#include "gateway/cli/progress.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace tollgate::gateway::cli {

std::string progress_line(std::string_view stage, std::int64_t done, std::int64_t of) {
    constexpr std::size_t kStageWidth = 10;
    constexpr std::int64_t kBarWidth = 40;
    std::string line(stage);
    if (of <= 0) return line + " …";
    line.resize(std::max(line.size(), kStageWidth), ' ');
    const std::int64_t part = std::clamp<std::int64_t>(done, 0, of);
    const auto filled = static_cast<std::size_t>(part * kBarWidth / of);
    std::string percent = std::to_string(part * 100 / of);
    percent.insert(0, 3 - std::min<std::size_t>(percent.size(), 3), ' ');
    return line + "[" + std::string(filled, '#') +
           std::string(static_cast<std::size_t>(kBarWidth) - filled, '-') + "] " + percent + "%";
}

ProgressBar::ProgressBar() : shown_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    if (shown_ && !last_.empty()) static_cast<void>(std::fprintf(stderr, "\r\x1b[K"));
}

void ProgressBar::show(std::string_view stage, std::int64_t done, std::int64_t of) {
    if (!shown_) return;
    std::string line = progress_line(stage, done, of);
    if (line == last_) return;
    static_cast<void>(std::fprintf(stderr, "\r\x1b[K%s", line.c_str()));
    last_ = std::move(line);
}

}  // namespace tollgate::gateway::cli
