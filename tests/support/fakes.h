#pragma once

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace tollgate::testing {

// Time that passes only when a test says so.
class HandClock final : public Clock {
public:
    Timestamp now() override { return {ms_.load()}; }
    std::chrono::nanoseconds monotonic() override { return std::chrono::milliseconds(ms_.load()); }
    void pass(std::chrono::milliseconds time) { ms_ += time.count(); }

private:
    std::atomic<std::int64_t> ms_ = 1'794'326'400'000;  // 2026-11-11T00:00:00+08:00
};

// The host's time, moved on at will: for what has threads and waits on its own.
class ShiftedClock final : public Clock {
public:
    Timestamp now() override { return system_clock().now() + shift(); }
    std::chrono::nanoseconds monotonic() override { return system_clock().monotonic() + shift(); }
    void pass(std::chrono::milliseconds time) { shift_ms_ += time.count(); }

private:
    std::chrono::milliseconds shift() const { return std::chrono::milliseconds(shift_ms_.load()); }

    std::atomic<std::int64_t> shift_ms_ = 0;
};

// Bytes that differ each time and are the same in every run.
class CountingEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        std::uint64_t value = next_.fetch_add(1) * 0x9E3779B97F4A7C15U;
        for (auto& byte : bytes) {
            byte = static_cast<std::uint8_t>(value >> 56U);
            value = value * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        }
    }

private:
    std::atomic<std::uint64_t> next_ = 1;
};

// A log that goes nowhere, or to the file that TOLLGATE_TEST_LOG names.
class TestLog {
public:
    explicit TestLog(Clock& clock, LogLevel least = LogLevel::debug)
        : log_(descriptor(), clock, least) {}
    Log& get() { return log_; }

private:
    static int descriptor() {
        const char* file = std::getenv("TOLLGATE_TEST_LOG");
        static const int kDescriptor =
            ::open(file != nullptr ? file : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0600);
        return kDescriptor;
    }

    Log log_;
};

// A folder of its own, gone at the end.
class TempFolder {
public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace tollgate::testing
