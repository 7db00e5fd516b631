#include "signing/certificate.h"

#include <gtest/gtest.h>

#include "signing/digest.h"
#include "tests/signing/certificates.h"
#include "tests/signing/keys.h"
#include "tests/signing/reason.h"

namespace tollgate::signing {
namespace {

constexpr Timestamp kNow{1'800'000'000'000};
constexpr Timestamp kBefore{1'600'000'000'000};
constexpr Timestamp kLongAfter{2'400'000'000'000};

const CertificateWorld& world() {
    static const CertificateWorld made =
        make_certificate_world({.app_key = &app_key(), .alipay_key = &alipay_key()});
    return made;
}

std::vector<Certificate> parsed(const std::string& pem) {
    auto certificates = Certificate::parse_all(pem);
    EXPECT_TRUE(certificates) << certificates.error().message();
    return certificates ? *std::move(certificates) : std::vector<Certificate>();
}

std::string chain_verdict(const std::string& leaf_file, const std::string& root_file,
                          Timestamp now = kNow) {
    const auto chain = parsed(leaf_file);
    const auto roots = parsed(root_file);
    return reason_of(check_chain(chain.front(), {.others = chain, .roots = roots}, now));
}

TEST(Certificate, ReadsEveryCertificateOfAFileInItsOrder) {
    const auto roots = parsed("Bag Attributes\n  name: x\n" + world().root_file + "\nthe end\n");
    ASSERT_EQ(roots.size(), 2U);
    EXPECT_EQ(roots[0].common_name(), "Test Certification Authority E1");
    EXPECT_EQ(roots[1].common_name(), "Test Certification Authority R1");
    EXPECT_EQ(parsed(world().alipay_file).size(), 2U);
}

TEST(Certificate, ReadsWhatPeopleMakeOfItsText) {
    const std::string pem = world().app.pem;
    std::string crlf;
    for (const char c : pem) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_TRUE(parsed(crlf).front().same_as(parsed(pem).front()));
    std::string bare = pem.substr(pem.find('\n') + 1);
    bare = bare.substr(0, bare.find("-----END"));
    EXPECT_TRUE(parsed(bare).front().same_as(parsed(pem).front()));
}

TEST(Certificate, NamesWhatIsWrongWithATextThatHoldsNone) {
    const std::string pem = world().app.pem;
    EXPECT_EQ(reason_of(Certificate::parse_all("")), "certificate_missing");
    EXPECT_EQ(reason_of(Certificate::parse_all("hello")), "certificate_unreadable");
    EXPECT_EQ(reason_of(Certificate::parse_all(pem.substr(0, pem.size() / 2))),
              "certificate_truncated");
    std::string hole = pem;
    hole.erase(400, 60);
    EXPECT_EQ(reason_of(Certificate::parse_all(hole)), "certificate_truncated");
    EXPECT_EQ(reason_of(Certificate::parse_all(app_key().public_half().to_spki_pem())),
              "certificate_is_key");
    EXPECT_EQ(reason_of(Certificate::parse_all(app_key().to_pkcs8_bare().reveal())),
              "certificate_is_key");
    std::string many;
    for (std::size_t i = 0; i <= kCertificatesMax; ++i) many += pem;
    EXPECT_EQ(reason_of(Certificate::parse_all(many)), "certificate_too_many");
}

TEST(Certificate, TellsWhatItSays) {
    const Certificate app = parsed(world().app.pem).front();
    EXPECT_EQ(app.subject(), "CN=2088000000000001-2021000000000001,OU=Alipay,O=Test,C=CN");
    EXPECT_EQ(app.issuer(), "CN=Test Certification Authority Class 2 R1,OU=Alipay,O=Test,C=CN");
    EXPECT_EQ(app.sn(), md5_hex(app.issuer() + "4"));
    EXPECT_EQ(app.valid_from().ms, 1'700'000'000'000);
    EXPECT_EQ(app.valid_until().ms, 2'300'000'000'000);
    EXPECT_EQ(app.signature_oid(), "1.2.840.113549.1.1.11");
    EXPECT_FALSE(app.is_authority());
    const auto key = app.public_key();
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->same_as(app_key().public_half()));
    EXPECT_TRUE(parsed(app.to_pem()).front().same_as(app));
}

TEST(Certificate, EscapesItsNamesAsAlipaysSdkDoes) {
    const auto made = issue({.common_name = " a,b+c=d\"e\\f<g>h;i#j ", .organization = "支付宝"});
    EXPECT_EQ(parsed(made.pem).front().subject(),
              R"(CN=\ a\,b\+c\=d\"e\\f\<g\>h\;i\#j\ ,OU=Alipay,O=支付宝,C=CN)");
}

TEST(Certificate, CountsTheRootsOfTheSignaturesKind) {
    const auto sm2 = issue({.common_name = "S1", .is_authority = true, .kind = KeyKind::sm2});
    const auto roots = parsed(sm2.pem + world().root_file);
    EXPECT_EQ(root_cert_sn(roots), roots[2].sn());
    EXPECT_EQ(root_cert_sn(roots, SignType::sm2), roots[0].sn());
    const auto both = parsed(world().root.pem + world().authority.pem);
    EXPECT_EQ(root_cert_sn(both), both[0].sn() + "_" + both[1].sn());
    EXPECT_EQ(root_cert_sn({}), "");
}

TEST(CertificateChain, LeadsToARootInWhateverOrder) {
    EXPECT_EQ(chain_verdict(world().alipay_file, world().root_file), "accepted");
    EXPECT_EQ(chain_verdict(world().alipay.pem + world().root.pem + world().authority.pem,
                            world().root_file),
              "accepted");
    EXPECT_EQ(chain_verdict(world().root.pem, world().root_file), "accepted");
    // An operator may trust the CA itself.
    EXPECT_EQ(chain_verdict(world().alipay.pem, world().authority.pem), "accepted");
}

TEST(CertificateChain, RefusesWhatNoRootStandsBehind) {
    const auto stranger = issue({.common_name = "Somebody", .is_authority = true});
    EXPECT_EQ(chain_verdict(world().alipay.pem, world().root_file), "certificate_issuer_unknown");
    EXPECT_EQ(chain_verdict(world().alipay_file, stranger.pem), "certificate_issuer_unknown");
    EXPECT_EQ(chain_verdict(stranger.pem, world().root_file), "certificate_issuer_unknown");
}

TEST(CertificateChain, RefusesASignatureUnderAnotherKeyOfTheSameName) {
    const auto impostor = issue({.common_name = "Test Certification Authority Class 2 R1",
                                 .serial = 2,
                                 .is_authority = true});
    const auto forged = issue({.common_name = "支付宝-2088"}, &impostor);
    EXPECT_EQ(chain_verdict(forged.pem + world().authority.pem, world().root_file),
              "certificate_bad_signature");
}

// Every merchant holds a certificate of the same CA: none of them may act as one.
TEST(CertificateChain, RefusesAMerchantWhoPlaysTheAuthority) {
    const auto forged = issue({.common_name = "支付宝-2088"}, &world().app);
    EXPECT_EQ(
        chain_verdict(forged.pem + world().app.pem + world().authority.pem, world().root_file),
        "certificate_not_authority");
}

// The CA of Alipay's sandbox is none by its own word: the operator's having it makes it one.
TEST(CertificateChain, TakesAnIssuerOfTheOperatorsThatDoesNotSayItIsOne) {
    const auto silent = issue({.common_name = "Silent CA", .serial = 7}, &world().root);
    const auto leaf = parsed(issue({.common_name = "支付宝-2088"}, &silent).pem);
    const auto issuers = parsed(silent.pem);
    const auto roots = parsed(world().root_file);
    EXPECT_EQ(reason_of(check_chain(leaf.front(), {.issuers = issuers, .roots = roots}, kNow)),
              "accepted");
    EXPECT_EQ(reason_of(check_chain(leaf.front(), {.others = issuers, .roots = roots}, kNow)),
              "certificate_not_authority");
    const auto no_root = parsed(world().authority.pem);
    EXPECT_EQ(reason_of(check_chain(leaf.front(), {.issuers = issuers, .roots = no_root}, kNow)),
              "certificate_issuer_unknown");
}

TEST(CertificateChain, LooksAtTheDatesOfEveryLink) {
    EXPECT_EQ(chain_verdict(world().alipay_file, world().root_file, kBefore),
              "certificate_not_yet_valid");
    EXPECT_EQ(chain_verdict(world().alipay_file, world().root_file, kLongAfter),
              "certificate_expired");
    const auto old_authority =
        issue({.common_name = "Old", .is_authority = true, .valid_until = {kNow.ms - 1000}},
              &world().root);
    const auto leaf = issue({.common_name = "支付宝-2088"}, &old_authority);
    EXPECT_EQ(chain_verdict(leaf.pem + old_authority.pem, world().root_file),
              "certificate_expired");
    const auto chain = parsed(leaf.pem + old_authority.pem);
    const auto roots = parsed(world().root_file);
    EXPECT_TRUE(check_signatures(chain.front(), {.others = chain, .roots = roots}));
}

TEST(CertificateChain, HasAnEnd) {
    std::string file;
    IssuedCertificate issuer = issue({.common_name = "Link 0", .is_authority = true});
    const std::string root = issuer.pem;
    for (int i = 1; i < 9; ++i) {
        issuer = issue(
            {.common_name = "Link " + std::to_string(i), .is_authority = true, .key = &other_key()},
            &issuer);
        file = issuer.pem + file;
    }
    EXPECT_EQ(chain_verdict(file, root), "certificate_chain_too_long");
}

TEST(CertificateChain, KnowsSm2Signatures) {
    const auto root = issue({.common_name = "S1", .is_authority = true, .kind = KeyKind::sm2});
    const auto leaf = issue({.common_name = "支付宝-2088", .kind = KeyKind::sm2}, &root);
    EXPECT_EQ(chain_verdict(leaf.pem, root.pem), "accepted");
    EXPECT_TRUE(parsed(leaf.pem).front().public_key(SignType::sm2));
    const auto as_rsa = parsed(leaf.pem).front().public_key(SignType::rsa2);
    ASSERT_FALSE(as_rsa);
    EXPECT_EQ(as_rsa.error().reason(), "key_not_rsa");
}

}  // namespace
}  // namespace tollgate::signing
