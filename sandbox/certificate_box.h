#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/app.h"

namespace tollgate::sandbox {

// How a notification names the certificate that signed it. Alipay's documents do not say (protocol
// notes 4.2); its own SDKs would verify the first and the last.
enum class CertSnInNotice {
    signed_too,  // alipay_cert_sn takes part in the signed text.
    left_out,    // It travels, but is not signed.
    absent,
};

// Which of its certificates the pretend Alipay signs with, for each application in certificate
// mode; it is renewed while requests are under way. Safe to use from several threads.
class CertificateBox {
public:
    explicit CertificateBox(const Apps& apps,
                            CertSnInNotice in_notices = CertSnInNotice::signed_too);

    // The SN that answers name; empty in key mode.
    std::string current_sn(std::string_view app_id) const;
    CertSnInNotice in_notices() const { return in_notices_; }

    // Signs with the next certificate from now on, and answers its SN. Errors: not_found for an
    // application that is unknown or in key mode; failed_precondition when there is no further one.
    Result<std::string> renew(std::string_view app_id);

    struct Shelf {
        std::string app_id;
        std::vector<std::string> sns;  // In the order in which they come into use.
        std::size_t current = 0;
    };
    std::vector<Shelf> shelves() const;

private:
    const CertSnInNotice in_notices_;
    mutable std::mutex mutex_;
    std::map<std::string, Shelf, std::less<>> shelves_;  // By app_id; guarded by mutex_.
};

}  // namespace tollgate::sandbox
