#include "transport/address_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tollgate::transport {
namespace {

using ::testing::HasSubstr;

IpAddress ip(const std::string& text) {
    const auto address = IpAddress::parse(text);
    EXPECT_TRUE(address) << text;
    return *address;
}

AddressGuard guard(std::vector<std::string> networks, bool public_is_allowed = true) {
    return *AddressGuard::make(
        {.public_is_allowed = public_is_allowed, .allowed_networks = std::move(networks)});
}

TEST(AddressGuard, KnowsWhatIsNotPublic) {
    for (const char* text : {"0.0.0.0",
                             "0.255.255.255",
                             "10.0.0.0",
                             "10.255.255.255",
                             "100.64.0.0",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.0.0",
                             "169.254.169.254",
                             "172.16.0.0",
                             "172.31.255.255",
                             "192.0.0.0",
                             "192.0.0.255",
                             "192.0.2.1",
                             "192.88.99.1",
                             "192.168.0.0",
                             "192.168.255.255",
                             "198.18.0.0",
                             "198.19.255.255",
                             "198.51.100.7",
                             "203.0.113.7",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::2",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "::ffff:a9fe:a9fe",
                             "::127.0.0.1",
                             "::10.1.2.3",
                             "::ffff:0:127.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b::808:808",
                             "64:ff9b:1::1",
                             "100::1",
                             "100:0:0:1::1",
                             "2001::1",
                             "2001:2::1",
                             "2001:10::1",
                             "2001:1ff:ffff::1",
                             "2001:db8::1",
                             "2002:7f00:1::1",
                             "2002:808:808::1",
                             "3fff::1",
                             "3fff:fff:ffff::1",
                             "4000::1",
                             "5f00::1",
                             "fc00::1",
                             "fdff::1",
                             "fe80::1",
                             "fe80::1%eth0",
                             "febf::1",
                             "fec0::1",
                             "feff::1",
                             "ff02::1",
                             "ffff::1"}) {
        EXPECT_FALSE(is_public(ip(text))) << text;
    }
}

TEST(AddressGuard, KnowsItsNeighboursThatArePublic) {
    for (const char* text :
         {"1.0.0.0",        "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
          "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255",
          "169.255.0.0",    "172.15.255.255",  "172.32.0.0",      "191.255.255.255",
          "192.0.1.0",      "192.0.3.0",       "192.167.255.255", "192.169.0.0",
          "198.17.255.255", "198.20.0.0",      "198.51.99.255",   "198.51.101.0",
          "203.0.112.255",  "203.0.114.0",     "223.255.255.255", "::ffff:8.8.8.8",
          "::8.8.8.8",      "2000::1",         "2001:200::1",     "2001:db7::1",
          "2001:db9::1",    "2003::1",         "2606:4700::1111", "3ffe::1",
          "3fff:1000::1"}) {
        EXPECT_TRUE(is_public(ip(text))) << text;
    }
}

TEST(AddressGuard, ReadsNetworksAndSaysWhichItCannot) {
    for (const char* text : {"10.0.0.0/8", "127.0.0.1", "0.0.0.0/0", "::/0", "fd00::/8", "::1/128",
                             "192.168.7.128/25", "2001:db8:8000::/33"}) {
        EXPECT_TRUE(AddressBlock::parse(text)) << text;
    }
    for (const char* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0/8", "10/8",
          "10.0.0.1/8", "fd00::1/8", "fd00::/129", "::ffff:10.0.0.0/104", "::10.0.0.0/104",
          "localhost", "10.0.0.0/8/8", "010.0.0.0/8", "fe80::%eth0/64", "10.0.0.0/0x8"}) {
        const auto made = AddressGuard::make({.allowed_networks = {"10.0.0.0/8", text}});
        ASSERT_FALSE(made) << text;
        EXPECT_EQ(made.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(made.error().reason(), "bad_network");
        EXPECT_THAT(made.error().message(), HasSubstr("\"" + std::string(text) + "\"")) << text;
    }
}

TEST(AddressGuard, LetsThroughWhatIsListedAndNoMore) {
    const AddressGuard open = guard({"10.1.0.0/16", "192.168.7.128/25", "fd00:7::/32", "::1"});
    for (const char* text : {"10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "192.168.7.128",
                             "fd00:7:1::1", "::1", "8.8.8.8", "2606:4700::1111"}) {
        EXPECT_TRUE(open.allows(ip(text))) << text;
    }
    for (const char* text : {"10.0.255.255", "10.2.0.0", "192.168.7.127", "fd00:8::1", "::", "::2",
                             "127.0.0.1", "::ffff:10.2.0.0"}) {
        EXPECT_FALSE(open.allows(ip(text))) << text;
    }
    const AddressGuard closed = guard({"10.0.0.0/8"}, false);
    EXPECT_TRUE(closed.allows(ip("10.1.2.3")));
    EXPECT_FALSE(closed.allows(ip("8.8.8.8")));
}

// An open door for IPv6 must not be one for IPv4 addresses in disguise.
TEST(AddressGuard, AWrappedAddressIsJudgedAsWhatItWraps) {
    const AddressGuard all_v6 = guard({"::/0"});
    EXPECT_FALSE(all_v6.allows(ip("::ffff:127.0.0.1")));
    EXPECT_FALSE(all_v6.allows(ip("::127.0.0.1")));
    EXPECT_TRUE(all_v6.allows(ip("::1")));
    EXPECT_TRUE(all_v6.allows(ip("64:ff9b::7f00:1")));
}

TEST(AddressGuard, ReadsSocketAddresses) {
    sockaddr_in v4{.sin_family = AF_INET};
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(v4)), ip("127.0.0.1"));
    sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(v6)), ip("::1"));
    const sockaddr unix_socket{.sa_family = AF_UNIX, .sa_data = {}};
    EXPECT_FALSE(IpAddress::of(unix_socket));
    for (const char* text : {"2001:db8::7", "::1", "::", "192.0.2.1"}) {
        EXPECT_EQ(ip(text).text(), text);
    }
}

TEST(AddressGuard, SeesThroughEverySpellingOfAnAddressInAUrl) {
    const AddressGuard strict = guard({});
    for (const char* host : {"127.0.0.1",
                             "127.1",
                             "127.0.1",
                             "2130706433",
                             "0x7f000001",
                             "0x7f.1",
                             "0X7F.0.0.1",
                             "0177.0.0.1",
                             "0177.1",
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
                             "[::]",
                             "%31%32%37.0.0.1",
                             "%31%32%37.1",
                             "127.0.0.1.",
                             "10.0.0.1:8080",
                             "[fd00::1]:8080"}) {
        const auto judged = check_url(strict, "http://" + std::string(host) + "/x");
        ASSERT_FALSE(judged) << host;
        EXPECT_EQ(judged.error().code(), ErrorCode::failed_precondition) << host;
        EXPECT_EQ(judged.error().reason(), kBlockedAddress) << host;
    }
    for (const char* url : {"", "127.0.0.1/x y", "http://", "http://user@127.0.0.1/",
                            "http://a:b@example.com/", "file:///etc/passwd", "gopher://127.0.0.1/",
                            "ftp://127.0.0.1/", "dict://127.0.0.1/", "javascript:alert(1)",
                            "http://127.0.0.1:99999/", "http://exa mple.com/", "http://[::1/"}) {
        const auto judged = check_url(strict, url);
        ASSERT_FALSE(judged) << url;
        EXPECT_EQ(judged.error().code(), ErrorCode::invalid_argument) << url;
    }
    for (const char* url : {"https://example.com/hook", "http://8.8.8.8/", "http://localhost/",
                            "https://[2606:4700::1111]:8443/x", "http://134744072/"}) {
        EXPECT_TRUE(check_url(strict, url)) << url;
    }
    EXPECT_TRUE(check_url(guard({"127.0.0.0/8"}), "http://0x7f.1:8080/hook"));
}

}  // namespace
}  // namespace tollgate::transport
