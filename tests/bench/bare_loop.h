#pragma once

#include <string>
#include <vector>

#include "transport/curl_handles.h"
#include "transport/http_message.h"

namespace tollgate::bench {

// A libcurl multi loop by itself, the limit for whatever is built on one: as few calls as the work
// can be done with. Each handle is set up once; only the body and the headers, which differ from
// request to request, are set again.
class BareLoop {
public:
    struct Work {
        std::string url;
        transport::HeaderList headers;
        std::string body;
        int in_flight = 64;
    };

    explicit BareLoop(Work work);
    BareLoop(const BareLoop&) = delete;
    BareLoop& operator=(const BareLoop&) = delete;
    ~BareLoop() = default;

    // Posts `count` times over kept connections; ends when all have been answered.
    void send(int count);

private:
    struct Slot {
        std::string body;
        transport::CurlHeaders headers;
        transport::CurlEasy easy{curl_easy_init()};
    };

    void start(Slot& slot);
    int advance();

    const Work work_;
    transport::CurlMulti multi_;
    std::vector<Slot> slots_;  // Goes before multi_.
    int to_start_ = 0;
};

}  // namespace tollgate::bench
