// TLS and limits at the doors of a whole gateway.
#include <gtest/gtest.h>

#include "tests/gateway/gateway_world.h"
#include "tests/transport/tls_peer.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;
using transport::testing::Peer;
using transport::testing::TlsFiles;
using transport::testing::TlsPeer;

constexpr const char* kAsk = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

class Door : public ::testing::Test {
protected:
    int port(GatewayWorld& world) {
        const std::string url = world.url("operator");
        return std::stoi(url.substr(url.rfind(':') + 1));
    }

    testing::TempFolder files_;
    TlsFiles server_ = transport::testing::write_tls_files(files_, "server", system_clock().now());
    TlsFiles client_ = transport::testing::write_tls_files(files_, "client", system_clock().now());
};

TEST_F(Door, SpeaksTlsWithTheFilesOfTheSettings) {
    GatewayWorld world([this](config::Settings& settings) {
        settings.operator_door.tls = {.certificate_file = server_.certificate,
                                      .key_file = server_.key};
    });
    TlsPeer peer = TlsPeer::connect_to(port(world));
    const auto answer = peer.ask(kAsk);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(peer.server_name(), "server");
    const auto plain = Peer::connect_to(port(world)).ask(kAsk);
    EXPECT_EQ(plain ? plain->status : 0, 400);
}

TEST_F(Door, LetsNobodyInWithoutTheCertificateItAsksFor) {
    GatewayWorld world([this](config::Settings& settings) {
        settings.operator_door.tls = {.certificate_file = server_.certificate,
                                      .key_file = server_.key,
                                      .client_ca_file = client_.certificate};
    });
    TlsPeer stranger = TlsPeer::connect_to(port(world));
    EXPECT_FALSE(stranger.ask(kAsk));
    TlsPeer known = TlsPeer::connect_to(port(world), {.certificate = &client_});
    const auto answer = known.ask(kAsk);
    EXPECT_EQ(answer ? answer->status : 0, 200);
}

TEST_F(Door, RefusesBodiesBeyondItsOwnLimit) {
    GatewayWorld world(
        [](config::Settings& settings) { settings.api.limits.body_bytes_max = 1'024; });
    EXPECT_EQ(world.api("POST", "/v1/payments", std::string(1'025, 'x')).status, 413);
    EXPECT_EQ(world.create(GatewayWorld::order("T1")).status, 201);
}

}  // namespace
}  // namespace tollgate
