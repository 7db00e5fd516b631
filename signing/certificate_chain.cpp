#include <algorithm>
#include <optional>

#include "signing/certificate.h"

namespace tollgate::signing {
namespace {

constexpr int kChainLengthMax = 8;

Error untrusted(std::string_view reason, std::string message, Here here = Here::current()) {
    return Error(ErrorCode::unauthenticated, std::move(message), here).because(reason);
}

bool is_among(const Certificate& certificate, std::span<const Certificate> list) {
    return std::ranges::any_of(list,
                               [&](const Certificate& each) { return each.same_as(certificate); });
}

// What can be said of `child` once its issuer has been looked for.
struct Search {
    std::optional<Certificate> issuer;
    bool found_by_name = false;  // Somebody bears the name, but did not sign.
    bool not_authority = false;  // Somebody signed who may not.
};

enum class MayIssue { always, if_it_says_so };

void look_among(Search& search, const Certificate& child, std::span<const Certificate> list,
                MayIssue may_issue) {
    for (const Certificate& candidate : list) {
        if (search.issuer) return;
        if (candidate.same_as(child) || !child.names_as_issuer(candidate)) continue;
        if (!child.is_signed_by(candidate)) {
            search.found_by_name = true;
        } else if (may_issue == MayIssue::if_it_says_so && !candidate.is_authority()) {
            search.not_authority = true;
        } else {
            search.issuer = candidate;
        }
    }
}

Result<Certificate> issuer_of(const Certificate& child, const ChainCheck& check) {
    Search search;
    look_among(search, child, check.roots, MayIssue::always);
    look_among(search, child, check.issuers, MayIssue::always);
    look_among(search, child, check.others, MayIssue::if_it_says_so);
    if (search.issuer) return *search.issuer;
    if (search.not_authority) {
        return untrusted("certificate_not_authority",
                         "the issuer of " + child.subject() + " may not issue certificates");
    }
    if (search.found_by_name) {
        return untrusted("certificate_bad_signature", "the signature on the certificate of " +
                                                          child.subject() + " is not its issuer's");
    }
    return untrusted("certificate_issuer_unknown",
                     "the certificate's issuer " + child.issuer() + " is not in the root file");
}

// The line from the leaf to a root, both included.
Result<std::vector<Certificate>> line_to_root(const Certificate& leaf, const ChainCheck& check) {
    std::vector<Certificate> line{leaf};
    while (!is_among(line.back(), check.roots)) {
        if (line.size() == kChainLengthMax) {
            return untrusted("certificate_chain_too_long", "the line of issuers has no end");
        }
        TOLLGATE_TRY(auto issuer, issuer_of(line.back(), check));
        line.push_back(std::move(issuer));
    }
    return line;
}

}  // namespace

Result<Done> check_signatures(const Certificate& leaf, const ChainCheck& check) {
    TOLLGATE_DO(line_to_root(leaf, check));
    return Done{};
}

Result<Done> check_chain(const Certificate& leaf, const ChainCheck& check, Timestamp now) {
    TOLLGATE_TRY(const auto line, line_to_root(leaf, check));
    for (const Certificate& certificate : line) {
        if (now < certificate.valid_from()) {
            return untrusted("certificate_not_yet_valid",
                             "the certificate of " + certificate.subject() + " is not valid yet");
        }
        if (certificate.valid_until() < now) {
            return untrusted("certificate_expired",
                             "the certificate of " + certificate.subject() + " has expired");
        }
    }
    return Done{};
}

}  // namespace tollgate::signing
