#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "running_front.h"
#include "scripted_server.h"
#include "tests/support/fakes.h"
#include "tls_server.h"
#include "transport/address_guard.h"
#include "transport/curl_client.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kFromProxy = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy";

class CurlTls : public ::testing::Test {
protected:
    std::string trusted() {
        const std::string file = folder_.file("ca.pem");
        std::ofstream(file) << server_.certificate();
        return file;
    }
    Result<ClientReply> send(CurlClient::Options options) {
        CurlClient client(std::move(options));
        return send_and_wait(client, {.url = server_.url(), .body = "pay"});
    }
    void expect_refused(CurlClient::Options options) {
        const auto reply = send(std::move(options));
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code(), ErrorCode::unavailable);
        EXPECT_EQ(reply.error().reason(), "tls_failed");
    }

    tollgate::testing::TempFolder folder_;
    TlsServer server_;
};

TEST_F(CurlTls, TrustsTheAuthorityThatItIsTold) {
    const auto reply = send({.ca_file = trusted()});
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->body, "ok");
    EXPECT_GT(reply->times.connect.count(), 0);
    EXPECT_GT(reply->times.tls.count(), 0);
    EXPECT_GE(reply->times.first_byte, reply->times.connect + reply->times.tls);
    expect_refused({});
}

TEST_F(CurlTls, TalksOnlyToThePinnedKey) {
    const std::string other = "sha256//" + std::string(43, 'A') + "=";
    ASSERT_TRUE(send({.ca_file = trusted(), .pinned_public_key = server_.pin()}));
    ASSERT_TRUE(send({.ca_file = trusted(), .pinned_public_key = other + ";" + server_.pin()}));
    expect_refused({.ca_file = trusted(), .pinned_public_key = other});
    // A pin stands beside the authority, not in its place.
    expect_refused({.pinned_public_key = server_.pin()});
}

TEST(CurlOptions, KnowAPinFromAFileName) {
    const std::string pin = "sha256//" + std::string(43, 'A') + "=";
    for (const std::string& text : {pin, pin + ";" + pin}) EXPECT_TRUE(is_public_key_pin(text));
    for (const std::string& text :
         {std::string(), std::string("key.pem"), std::string("sha256//"), pin + ";", ";" + pin,
          pin + "=", pin.substr(0, pin.size() - 1), "sha1" + pin.substr(6), pin + ";key.pem",
          "sha256//" + std::string(42, 'A') + ";="}) {
        EXPECT_FALSE(is_public_key_pin(text)) << text;
    }
}

class ProxyInTheEnvironment {
public:
    explicit ProxyInTheEnvironment(const std::string& url) {
        ::setenv("http_proxy", url.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread reads.
    }
    ProxyInTheEnvironment(const ProxyInTheEnvironment&) = delete;
    ProxyInTheEnvironment& operator=(const ProxyInTheEnvironment&) = delete;
    ~ProxyInTheEnvironment() { ::unsetenv("http_proxy"); }  // NOLINT(concurrency-mt-unsafe)
};

TEST(CurlOptions, TheEnvironmentsProxyIsUsedOnlyWhenAskedForAndNeverUnderAGuard) {
    std::string asked;
    ScriptedServer proxy([&](Peer& peer, int) {
        asked = peer.line();
        peer.send(kFromProxy);
    });
    RunningFront front({.router = echo_router()});
    const std::string url = "http://127.0.0.1:" + std::to_string(front.port()) + "/body";
    const ProxyInTheEnvironment named(proxy.url());
    const auto guard =
        std::make_shared<AddressGuard>(*AddressGuard::make({.allowed_networks = {"127.0.0.0/8"}}));

    CurlClient with({.proxy_from_environment = true});
    const auto by_proxy = send_and_wait(with, {.url = url, .body = "x"});
    ASSERT_TRUE(by_proxy);
    EXPECT_EQ(by_proxy->body, "proxy");
    EXPECT_THAT(asked, StartsWith("POST " + url + " HTTP/1.1"));
    const auto guarded = send_and_wait(with, {.url = url, .body = "x", .guard = guard});
    ASSERT_TRUE(guarded);
    EXPECT_EQ(guarded->body, "x");

    CurlClient without({});
    const auto direct = send_and_wait(without, {.url = url, .body = "x"});
    ASSERT_TRUE(direct);
    EXPECT_EQ(direct->body, "x");
    EXPECT_EQ(proxy.connections(), 1);
}

// A handle that is used again must keep nothing of the request before.
TEST(CurlOptions, ARequestLeavesNothingBehindForTheNextOne) {
    RunningFront front({.router = echo_router()});
    const std::string base = "http://127.0.0.1:" + std::to_string(front.port());
    CurlClient client({});
    const auto blocked = std::make_shared<AddressGuard>(*AddressGuard::make({}));
    for (int round = 0; round < 3; ++round) {
        const auto put = send_and_wait(
            client,
            {.method = "PUT", .url = base + "/none", .headers = {{"X-A", "1"}}, .body = "z"});
        ASSERT_TRUE(put);
        EXPECT_EQ(put->status, 404);
        ASSERT_FALSE(send_and_wait(client, {.url = base + "/body", .guard = blocked}));
        const auto head = send_and_wait(client, {.method = "HEAD", .url = base + "/echo"});
        ASSERT_TRUE(head);
        EXPECT_EQ(head->body, "");
        const auto get = send_and_wait(client, {.method = "GET", .url = base + "/echo"});
        ASSERT_TRUE(get);
        EXPECT_THAT(get->body, StartsWith("method=GET\n"));
        EXPECT_EQ(get->body.find("X-A"), std::string::npos);
        const auto post = send_and_wait(client, {.url = base + "/body", .body = "new"});
        ASSERT_TRUE(post);
        EXPECT_EQ(post->body, "new");
    }
}

// Of the same kind as the one before: the handle is not even set up anew.
TEST(CurlOptions, AShorterRequestOfTheSameKindHasNothingOfALongerOne) {
    RunningFront front({.router = echo_router()});
    const std::string base = "http://127.0.0.1:" + std::to_string(front.port());
    CurlClient client({});
    const auto post = [&](const std::string& path, HeaderList headers, std::string body) {
        auto reply = send_and_wait(client, {.url = base + path,
                                            .headers = std::move(headers),
                                            .body = std::move(body),
                                            .fresh_connection = false});
        return reply ? std::to_string(reply->status) + reply->body : reply.error().message();
    };
    for (int round = 0; round < 3; ++round) {
        EXPECT_THAT(post("/echo", {{"X-A", "1"}, {"X-B", "2"}}, std::string(5'000, 'x')),
                    HasSubstr("X-A"));
        EXPECT_THAT(post("/echo", {}, ""), Not(HasSubstr("X-A")));
        EXPECT_EQ(post("/body", {}, "y"), "200y");
        EXPECT_THAT(post("/none", {}, "y"), StartsWith("404"));
    }
    EXPECT_EQ(front->counters().connections, 1U);
}

}  // namespace
}  // namespace tollgate::transport::testing
