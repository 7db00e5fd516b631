#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "running_front.h"

namespace tollgate::transport::testing {

class FrontTraps : public ::testing::Test {
protected:
    // The front answers with this status and ends the connection: nothing that follows is served.
    void expect_refused(std::string_view request, int status) {
        SCOPED_TRACE(request.substr(0, 200));
        Peer peer = front_.peer();
        const auto before = front_->counters().requests;
        ASSERT_TRUE(peer.send(request));
        // What smuggling hopes for: that the rest is taken for a request.
        peer.send(request_text("GET", "/echo"));
        const auto answer = peer.answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, status);
        EXPECT_EQ(answer->header("Connection"), "close");
        EXPECT_FALSE(answer->header("X-Request-Id").empty());
        EXPECT_TRUE(peer.is_ended());
        EXPECT_EQ(front_->counters().requests, before);
    }

    std::string echo(std::string_view request) {
        SCOPED_TRACE(request.substr(0, 200));
        Peer peer = front_.peer();
        const auto answer = peer.ask(request);
        EXPECT_TRUE(answer && answer->status == 200);
        return answer ? answer->body : "";
    }

    RunningFront front_{{.router = echo_router()}};
};

}  // namespace tollgate::transport::testing
