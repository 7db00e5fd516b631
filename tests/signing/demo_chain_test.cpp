#include "signing/demo_chain.h"

#include <gtest/gtest.h>

#include <set>
#include <span>

#include "signing/certificate.h"

namespace tollgate::signing {
namespace {

constexpr Timestamp kIssuedAt{1'794'326'400'000};

Result<DemoChain> demo_chain(std::string_view app_id, std::string_view seller_id) {
    return make_demo_chain({.app_id = app_id, .seller_id = seller_id, .valid_from = kIssuedAt});
}

TEST(DemoChain, IsAWholeChainOfAlipaysShape) {
    const auto chain = demo_chain("2021000000000001", "2088000000000001");
    ASSERT_TRUE(chain) << chain.error().message();
    const auto roots = Certificate::parse_all(chain->roots);
    ASSERT_TRUE(roots);
    ASSERT_EQ(roots->size(), 2U);
    EXPECT_EQ(root_cert_sn(*roots), (*roots)[1].sn()) << "the first is of elliptic curves";
    std::set<std::string> sns;
    std::set<std::string> subjects;
    const auto look_at = [&](const std::string& text, const PrivateKey& key) {
        const auto file = Certificate::parse_all(text);
        ASSERT_TRUE(file);
        ASSERT_EQ(file->size(), 2U) << "the certificate, and that of the CA";
        EXPECT_TRUE(file->front().public_key()->same_as(key.public_half()));
        EXPECT_TRUE(check_chain(
            file->front(), {.others = std::span(*file).subspan(1), .roots = *roots}, kIssuedAt));
        EXPECT_FALSE(check_chain(file->front(), {.roots = *roots}, kIssuedAt));
        EXPECT_FALSE(file->front().is_authority());
        sns.insert(file->front().sn());
        subjects.insert(file->front().subject());
    };
    look_at(chain->app_certificate, chain->app_key);
    EXPECT_EQ(Certificate::parse_all(chain->app_certificate)->front().common_name(),
              "2088000000000001-2021000000000001");
    ASSERT_EQ(chain->alipay_certificates.size(), 3U);
    for (const std::string& file : chain->alipay_certificates) look_at(file, chain->alipay_key);
    EXPECT_EQ(sns.size(), 4U) << "each has a name of its own";
    EXPECT_EQ(subjects.size(), 2U) << "Alipay's have one subject";
}

TEST(DemoChain, NamesWhatIsNoAppAndNoSeller) {
    for (const auto* app_id : {"", "2021x", "202100000000000120210000000000012"}) {
        const auto made = demo_chain(app_id, "2088000000000001");
        ASSERT_FALSE(made);
        EXPECT_NE(made.error().message().find("app_id"), std::string::npos);
    }
    for (const auto* seller_id : {"", "2099000000000001", "208800000000001"}) {
        const auto made = demo_chain("2021000000000001", seller_id);
        ASSERT_FALSE(made);
        EXPECT_NE(made.error().message().find("seller_id"), std::string::npos);
    }
}

}  // namespace
}  // namespace tollgate::signing
