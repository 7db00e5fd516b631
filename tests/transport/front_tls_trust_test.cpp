// Clients' certificates, and the server's being replaced.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include <openssl/ssl.h>

#include "tls_peer.h"
#include "tls_test.h"
#include "transport/curl_client.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class FrontTlsTrust : public TlsTest {
protected:
    // GET /who: what the handler is told of the client.
    static Router telling_router() {
        Router router;
        router.add(
            "GET", "/who", at_once([](const ServerRequest& request) {
                const auto& client = request.client_certificate;
                return text_answer(client ? client->subject + " " + client->sha256 : "nobody");
            }));
        return router;
    }
    RunningFront::Setup telling(ClientCertificates clients) const {
        RunningFront::Setup setup = with_tls(clients);
        setup.router = telling_router();
        return setup;
    }
    static std::string who(TlsPeer& peer) {
        const auto answer = peer.ask(request_text("GET", "/who"));
        return answer ? answer->body : "no answer";
    }
    // What `openssl s_client` prints when it sends GET /who and waits for the end.
    std::string s_client(const RunningFront& front, const std::string& options) const {
        const std::string command =
            "printf 'GET /who HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | "
            "timeout 30 openssl s_client -quiet -verify_return_error -verify_hostname localhost "
            "-CAfile " +
            server_.certificate + " -connect 127.0.0.1:" + std::to_string(front.port()) + " " +
            options + " 2>&1";
        std::string printed;
        FILE* const pipe = ::popen(command.c_str(), "r");
        if (pipe == nullptr) return {};
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
            printed += static_cast<char>(c);
        }
        ::pclose(pipe);
        return printed;
    }
    std::string client_options() const {
        return "-cert " + client_.certificate + " -key " + client_.key;
    }
};

TEST_F(FrontTlsTrust, LetsNobodyInWithoutTheRequiredCertificate) {
    RunningFront front(telling(ClientCertificates::required));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsPeer peer = TlsPeer::connect_to(front.port(), {.version_max = version});
        EXPECT_EQ(who(peer), "no answer");
    }
    CurlClient client({.ca_file = server_.certificate});
    const auto refused = send_and_wait(
        client, {.url = "https://localhost:" + std::to_string(front.port()) + "/who"});
    EXPECT_FALSE(refused);
    EXPECT_TRUE(becomes_true([&] { return front->counters().tls_failures == 3; }));
    EXPECT_EQ(front->counters().requests, 0U);
    EXPECT_TRUE(becomes_true([&] { return front.has_logged("peer did not return a certificate"); }))
        << front.log_text();
}

TEST_F(FrontTlsTrust, RefusesAStrangersCertificateAlsoWhenNoneIsNeeded) {
    const TlsFiles stranger = write_tls_files(folder_, "stranger", now_);
    for (const auto mode : {ClientCertificates::optional, ClientCertificates::required}) {
        RunningFront front(telling(mode));
        TlsPeer peer = TlsPeer::connect_to(front.port(), {.certificate = &stranger});
        EXPECT_EQ(who(peer), "no answer");
        EXPECT_TRUE(becomes_true([&] { return front->counters().tls_failures == 1; }));
        EXPECT_EQ(front->counters().requests, 0U);
        EXPECT_TRUE(becomes_true([&] { return front.has_logged("certificate verify failed: "); }))
            << front.log_text();
    }
}

TEST_F(FrontTlsTrust, RefusesAnExpiredCertificateByTheFrontsClock) {
    tollgate::testing::HandClock clock;  // Ahead of the system's.
    clock.pass(now_ + std::chrono::hours(24 * 31) - clock.now());
    server_ = write_tls_files(folder_, "server", clock.now());
    RunningFront::Setup setup = telling(ClientCertificates::required);
    setup.clock = &clock;
    RunningFront front(std::move(setup));
    TlsPeer peer = TlsPeer::connect_to(front.port(), {.certificate = &client_});
    EXPECT_EQ(who(peer), "no answer");
    EXPECT_TRUE(becomes_true([&] { return front->counters().tls_failures == 1; }));
    EXPECT_TRUE(becomes_true([&] { return front.has_logged("certificate has expired"); }))
        << front.log_text();
}

TEST_F(FrontTlsTrust, ShowsTheHandlerWhoTheClientIs) {
    RunningFront front(telling(ClientCertificates::required));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsPeer peer =
            TlsPeer::connect_to(front.port(), {.certificate = &client_, .version_max = version});
        const std::string first = who(peer);
        EXPECT_THAT(first, MatchesRegex("CN=client [0-9a-f]{64}"));
        EXPECT_EQ(who(peer), first) << "each request of the connection";
        TlsPeer resumed = TlsPeer::connect_to(
            front.port(),
            {.certificate = &client_, .version_max = version, .session = peer.session()});
        EXPECT_EQ(who(resumed), first);
        EXPECT_TRUE(resumed.resumed());
    }
}

TEST_F(FrontTlsTrust, TellsApartWhoShowsACertificateAndWhoDoesNot) {
    RunningFront front(telling(ClientCertificates::optional));
    TlsPeer unknown = TlsPeer::connect_to(front.port());
    EXPECT_EQ(who(unknown), "nobody");
    TlsPeer known = TlsPeer::connect_to(front.port(), {.certificate = &client_});
    EXPECT_THAT(who(known), MatchesRegex("CN=client [0-9a-f]{64}"));
}

TEST_F(FrontTlsTrust, AsksForNoCertificateUnlessToldTo) {
    RunningFront front(telling(ClientCertificates::none));
    TlsPeer peer = TlsPeer::connect_to(front.port(), {.certificate = &client_});
    EXPECT_EQ(who(peer), "nobody");
}

TEST_F(FrontTlsTrust, GetsAlongWithTheOpensslProgram) {
    RunningFront front(telling(ClientCertificates::required));
    for (const std::string version : {"-tls1_2 ", "-tls1_3 "}) {
        EXPECT_THAT(s_client(front, version + client_options()), HasSubstr("\r\n\r\nCN=client "));
    }
    EXPECT_EQ(front->counters().requests, 2U);
    EXPECT_THAT(s_client(front, ""), HasSubstr("certificate required"));
    EXPECT_EQ(front->counters().requests, 2U);
}

TEST_F(FrontTlsTrust, SwapsItsCertificateForNewConnectionsOnly) {
    RunningFront front(with_tls());
    TlsPeer old = TlsPeer::connect_to(front.port());
    ASSERT_EQ(old.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    EXPECT_EQ(old.server_name(), "server");
    const TlsFiles renewed = write_tls_files(folder_, "renewed", now_);
    write_file(server_.certificate, read_whole(renewed.certificate));
    write_file(server_.key, read_whole(renewed.key));
    ASSERT_TRUE(front->reload_tls());
    TlsPeer fresh = TlsPeer::connect_to(front.port());
    ASSERT_EQ(fresh.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    EXPECT_EQ(fresh.server_name(), "renewed");
    EXPECT_EQ(old.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    // A session of before is not resumed: its peer sees the new certificate.
    TlsPeer back = TlsPeer::connect_to(front.port(), {.session = old.session()});
    ASSERT_EQ(back.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    EXPECT_FALSE(back.resumed());
    EXPECT_EQ(back.server_name(), "renewed");
}

TEST_F(FrontTlsTrust, KeepsTheOldCertificateWhenTheNewOneIsNoGood) {
    RunningFront front(with_tls());
    const TlsFiles renewed = write_tls_files(folder_, "renewed", now_);
    write_file(server_.certificate, read_whole(renewed.certificate));  // And the old key.
    const auto failed = front->reload_tls();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason(), "tls_key_mismatch");
    TlsPeer peer = TlsPeer::connect_to(front.port());
    ASSERT_EQ(peer.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    EXPECT_EQ(peer.server_name(), "server");
}

}  // namespace
}  // namespace tollgate::transport::testing
