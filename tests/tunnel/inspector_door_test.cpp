#include "tunnel/inspector_door.h"

#include <gtest/gtest.h>

#include "signing/digest.h"

namespace tollgate::tunnel {
namespace {

class Door : public ::testing::Test {
protected:
    static transport::ServerRequest from(transport::HeaderList headers) {
        return {.method = "GET", .headers = std::move(headers)};
    }
    std::string_view code(transport::HeaderList headers) const {
        const auto refused = refused_at_the_desk(from(std::move(headers)), door_);
        return refused ? refused->code : "";
    }
    InspectorDoor door_{
        .hosts = {"inspect.example.com"},
        .token_sha256 = {signing::sha256_hex("first"), signing::sha256_hex("next")}};
    std::pair<std::string, std::string> token_{"Authorization", "Bearer first"};
};

TEST_F(Door, KnowsItsOwnNamesAlone) {
    for (const char* host : {"localhost", "127.0.0.1:4040", "[::1]:4040", "[::1]", "LocalHost:9",
                             "inspect.example.com", "Inspect.Example.com:443"}) {
        EXPECT_EQ(code({{"Host", host}, token_}), "") << host;
    }
    for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
                             "evil.example:4040", "", "localhost@evil.example", "127.0.0.2",
                             "x.inspect.example.com", "[::1].evil.example"}) {
        EXPECT_EQ(code({{"Host", host}, token_}), "foreign_host") << host;
    }
    EXPECT_EQ(code({token_}), "foreign_host");
}

TEST_F(Door, RefusesOtherSitesPages) {
    const std::pair<std::string, std::string> host{"Host", "127.0.0.1:4040"};
    EXPECT_EQ(code({host, token_, {"Origin", "http://127.0.0.1:4040"}}), "");
    for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:4041",
                               "http://localhost:4040", "http://127.0.0.1:4040.evil.example", ""}) {
        EXPECT_EQ(code({host, token_, {"Origin", origin}}), "foreign_origin") << origin;
    }
    EXPECT_EQ(code({host, token_, {"Sec-Fetch-Site", "same-origin"}}), "");
    EXPECT_EQ(code({host, token_, {"Sec-Fetch-Site", "none"}}), "");
    EXPECT_EQ(code({host, token_, {"Sec-Fetch-Site", "cross-site"}}), "foreign_origin");
    EXPECT_EQ(code({host, token_, {"Sec-Fetch-Site", "same-site"}}), "foreign_origin");
}

TEST_F(Door, OpensByEitherTokenAndByNothingElse) {
    const std::pair<std::string, std::string> host{"Host", "localhost"};
    EXPECT_EQ(code({host, {"Authorization", "Bearer next"}}), "");
    for (const char* wrong :
         {"Bearer ", "Bearer firs", "Bearer first ", "first", "Basic first", "bearer first", ""}) {
        EXPECT_EQ(code({host, {"Authorization", wrong}}), "token_needed") << wrong;
    }
    EXPECT_EQ(code({host, {"Cookie", "token=first"}}), "token_needed");
    EXPECT_EQ(refused_at_the_desk(from({host}), door_)->status, 401);
    EXPECT_FALSE(refused_at_the_door(from({host}), door_)) << "the empty page is for everyone";
    door_.token_sha256.clear();
    EXPECT_EQ(code({host, {"Authorization", "Bearer first"}}), "token_needed");
}

}  // namespace
}  // namespace tollgate::tunnel
