#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "transport/http_message.h"

namespace tollgate::transport {

// What an answer's form depends on besides the answer.
struct AnswerForm {
    std::string_view request_id;
    bool head_only = false;  // To HEAD: no body, but its length.
    bool http_1_0 = false;
    bool close = false;          // The connection ends after this answer.
    std::string_view date = {};  // As HttpDate says it.
};

// Appends the answer's bytes as they go on the wire. False, with nothing appended, when it cannot
// be sent as one answer: a status that is not final, or a header that would break out of its line.
//
// Headers that are the front's (Content-Length, Transfer-Encoding, Connection, Keep-Alive, Date,
// X-Request-Id) are skipped when the answer names them.
bool append_answer(std::string& wire, const ServerResponse& response, const AnswerForm& form);

// "Not Found"; "Status" for a number without a name of its own.
std::string_view reason_phrase(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string to_http_date(Timestamp at);

// The same, written once a second.
class HttpDate {
public:
    // Valid until the next call.
    std::string_view at(Timestamp now);

private:
    std::int64_t second_ = 0;
    std::string text_;
};

}  // namespace tollgate::transport
