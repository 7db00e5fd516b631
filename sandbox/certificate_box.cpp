#include "sandbox/certificate_box.h"

namespace tollgate::sandbox {

CertificateBox::CertificateBox(const Apps& apps, CertSnInNotice in_notices)
    : in_notices_(in_notices) {
    for (const App& app : apps) {
        if (!app.certificates) continue;
        Shelf shelf{.app_id = app.app_id};
        for (const AlipayCertificate& certificate : app.certificates->alipay) {
            shelf.sns.push_back(certificate.sn);
        }
        shelves_.emplace(app.app_id, std::move(shelf));
    }
}

std::string CertificateBox::current_sn(std::string_view app_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = shelves_.find(app_id);
    return found == shelves_.end() ? "" : found->second.sns.at(found->second.current);
}

Result<std::string> CertificateBox::renew(std::string_view app_id) {
    const std::lock_guard lock(mutex_);
    const auto found = shelves_.find(app_id);
    if (found == shelves_.end()) {
        return Error(ErrorCode::not_found, "no application in certificate mode has this app_id");
    }
    Shelf& shelf = found->second;
    if (shelf.current + 1 == shelf.sns.size()) {
        return Error(ErrorCode::failed_precondition,
                     "the settings have no further certificate of Alipay's for it");
    }
    return shelf.sns.at(++shelf.current);
}

std::vector<CertificateBox::Shelf> CertificateBox::shelves() const {
    const std::lock_guard lock(mutex_);
    std::vector<Shelf> all;
    for (const auto& [unused, shelf] : shelves_) all.push_back(shelf);
    return all;
}

}  // namespace tollgate::sandbox
