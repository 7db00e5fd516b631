#include "base/check.h"
#include "signing/certificate.h"
#include "tests/fuzz/fuzz.h"

using namespace tollgate::signing;

namespace {

constexpr std::size_t kLineMax = 4;
constexpr tollgate::Timestamp kNow{1'800'000'000'000};

void check(const Certificate& certificate) {
    TOLLGATE_CHECK(certificate.sn().size() == 32);
    const auto again = Certificate::parse_all(certificate.to_pem());
    TOLLGATE_CHECK(again && again->size() == 1 && again->front().same_as(certificate));
    TOLLGATE_CHECK(again->front().sn() == certificate.sn());
    static_cast<void>(certificate.public_key(SignType::rsa2, {.bits_min = 512}));
    static_cast<void>(certificate.public_key(SignType::sm2));
    static_cast<void>(certificate.is_authority());
}

}  // namespace

void fuzz(std::string_view input) {
    const auto raw = Certificate::from_der(input);
    if (raw) check(*raw);
    const auto all = Certificate::parse_all(input);
    if (!all) {
        TOLLGATE_CHECK(!all.error().reason().empty());
        return;
    }
    TOLLGATE_CHECK(!all->empty() && all->size() <= kCertificatesMax);
    for (const Certificate& certificate : *all) check(certificate);
    // Every one may be the issuer of every other: beyond a few that is all that the time goes into.
    if (all->size() > kLineMax) return;
    const Certificate& leaf = all->front();
    TOLLGATE_CHECK(!check_signatures(leaf, {.others = *all, .roots = {}}));
    TOLLGATE_CHECK(check_signatures(leaf, {.others = {}, .roots = *all}));
    static_cast<void>(check_chain(leaf, {.others = *all, .roots = {&all->back(), 1}}, kNow));
    static_cast<void>(root_cert_sn(*all));
}
