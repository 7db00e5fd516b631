// Where endpoints made through the API may lead.
#include <gtest/gtest.h>

#include "tests/gateway/endpoint_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::Answer;
using testing::GatewayWorld;
using testing::post;

bool names_only_the_url(const Answer& answer) {
    const auto errors = answer.json().value("errors", json::array());
    return answer.status == 400 && errors.size() == 1 && errors.front()["field"] == "/url";
}

TEST(EndpointAddress, RefusesEverySpellingOfAForbiddenAddress) {
    GatewayWorld world;
    for (const char* host : {"127.0.0.1",
                             "127.1",
                             "2130706433",
                             "0x7f000001",
                             "0x7f.1",
                             "0177.0.0.1",
                             "017700000001",
                             "[::1]",
                             "[::ffff:127.0.0.1]",
                             "[::ffff:7f00:1]",
                             "[0:0:0:0:0:ffff:127.0.0.1]",
                             "[::127.0.0.1]",
                             "0.0.0.0",
                             "0",
                             "169.254.169.254",
                             "0xa9fea9fe",
                             "[64:ff9b::a9fe:a9fe]",
                             "[fe80::1%25eth0]",
                             "[fd00::1]",
                             "10.0.0.1:8080",
                             "192.168.1.1",
                             "172.16.0.1",
                             "100.64.0.1",
                             "%31%32%37.1",
                             "127.0.0.1."}) {
        for (const char* scheme : {"http://", "https://"}) {
            const auto answer =
                post(world, "/v1/endpoints", {{"url", scheme + std::string(host) + "/events"}});
            EXPECT_EQ(answer.status, 400) << scheme << host;
            EXPECT_TRUE(names_only_the_url(answer)) << scheme << host << answer.body;
        }
    }
    EXPECT_EQ(world.count("SELECT count(*) FROM endpoint WHERE origin = 'api'"), 0);
}

TEST(EndpointAddress, RefusesAddressesThatAreNone) {
    GatewayWorld world;
    for (const std::string& url :
         {std::string("orders.example"), std::string("ftp://orders.example/"),
          std::string("file:///etc/passwd"), std::string("https://user:pass@orders.example/"),
          std::string("https://"), std::string("https://orders.example/ x"),
          std::string("https://orders.example/#x"),
          "https://orders.example/" + std::string(2'000, 'x'),
          // Nobody can tell where a name leads before it is asked; in clear text that is too late.
          std::string("http://orders.example/"), std::string("http://8.8.8.8/")}) {
        EXPECT_TRUE(names_only_the_url(post(world, "/v1/endpoints", {{"url", url}}))) << url;
    }
}

// A name passes at the door; what it leads to is judged when it is connected to.
TEST(EndpointAddress, ANameThatLeadsToAForbiddenAddressIsBlockedAtTheSocket) {
    GatewayWorld world;
    const auto made =
        post(world, "/v1/endpoints", {{"id", "inside"}, {"url", "https://localhost:9/events"}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(post(world, "/v1/endpoints/inside/test", json::object()).status, 202);
    world.wait_for_count("SELECT count(*) FROM every_attempt WHERE outcome = 'blocked_address'", 1);
}

}  // namespace
}  // namespace tollgate
