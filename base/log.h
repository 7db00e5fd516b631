#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace tollgate {

class Tracer;

enum class LogLevel { debug, info, warning, error };

std::string_view name_of(LogLevel level);

// One member of a log line. Values are text, whole numbers or true/false; never a secret, and
// buyers' data only after mask().
struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, bool> value;

    LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
    LogField(std::string_view field, const std::string& text)
        : name(field), value(std::string_view(text)) {}
    LogField(std::string_view field, const char* text)
        : name(field), value(std::string_view(text)) {}
    LogField(std::string_view field, std::int64_t number) : name(field), value(number) {}
    LogField(std::string_view field, int number) : name(field), value(std::int64_t{number}) {}
    LogField(std::string_view field, bool yes) : name(field), value(yes) {}
};

// A log of JSON lines: {"ts":…,"level":…,"event":…,<fields>}, one event a line, one write a line,
// so that lines of several threads (or processes) never mix. `event` is a stable dotted name.
// Safe to use from several threads. A line that cannot be written is dropped: logging never fails
// the work that it describes.
class Log {
public:
    // Writes to the file descriptor, which stays the caller's.
    Log(int descriptor, Clock& clock, LogLevel least = LogLevel::info)
        : descriptor_(descriptor), clock_(clock), least_(least) {}

    void set_level(LogLevel least) { least_.store(least); }
    LogLevel level() const { return least_.load(); }

    // From now on lines with a request_id say the trace_id too, where the tracer knows one. Null:
    // none do. Must outlive whoever writes.
    void name_traces_of(const Tracer* tracer) { tracer_.store(tracer); }

    void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
    void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::info, event, fields);
    }
    void warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::warning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::error, event, fields);
    }

    static constexpr std::size_t kFieldBytesMax = 2048;  // The rest of a longer text is cut off.

private:
    int descriptor_;
    Clock& clock_;
    std::atomic<LogLevel> least_;
    std::atomic<const Tracer*> tracer_ = nullptr;
};

// Adds text to json as a quoted JSON string. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& json, std::string_view text);

// A buyer's id or name for the logs: first and last two characters, stars between ("20****67").
std::string mask(std::string_view text);

}  // namespace tollgate
