#include "gateway/alipay_certificates.h"

#include <algorithm>
#include <fstream>
#include <span>
#include <system_error>

#include "config/json_reader.h"
#include "signing/base64.h"

namespace tollgate::gateway {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024;

Error untrusted(std::string_view reason, std::string message, Here here = Here::current()) {
    return Error(ErrorCode::unauthenticated, std::move(message), here).because(reason);
}

// It becomes a file's name.
bool is_sn(std::string_view text) {
    return text.size() == 32 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

void AlipayCertificates::load_kept() {
    for (const std::string& id : apps_.ids()) {
        const auto app = apps_.find(id);
        std::error_code none;
        if (!app->certificates) continue;
        for (const auto& entry : std::filesystem::directory_iterator(folder_ / id, none)) {
            if (entry.path().extension() != ".crt") continue;
            const auto pem = config::read_file(entry.path(), kFileBytesMax);
            const auto taken = [&]() -> Result<Done> {
                if (!pem) return pem.error();
                TOLLGATE_TRY(const auto file, checked(*app, entry.path().stem().string(), *pem));
                return apps_.add_alipay_certificate(id, file.front());
            }();
            if (taken) continue;
            log_.warning("alipay.kept_certificate_not_used", {{"app", id},
                                                              {"file", entry.path().string()},
                                                              {"reason", taken.error().message()}});
        }
    }
}

void AlipayCertificates::want(const callbacks::AppRef& app, const std::string& cert_sn,
                              const Download& download, Then then) {
    if (!app->certificates || !is_sn(cert_sn)) {
        return then(untrusted("certificate_wrong_sn", "the answer names no certificate"));
    }
    // It may have come since the answer's request left.
    const auto current = apps_.find(app->id);
    if (current != nullptr && current->alipay_key(cert_sn) != nullptr) return then(Done{});
    const Key key{app->id, cert_sn};
    {
        const std::lock_guard lock(mutex_);
        auto& waiting = waiting_[key];
        waiting.push_back(std::move(then));
        if (waiting.size() > 1) return;
    }
    download(app, cert_sn, [this, app, key](const Result<std::string>& content) {
        finish(key, take(app, key.second, content));
    });
}

callbacks::AppRef AlipayCertificates::current(const callbacks::AppRef& app) const {
    auto found = apps_.find(app->id);
    return found == nullptr ? app : found;
}

void AlipayCertificates::finish(const Key& key, const Result<Done>& outcome) {
    std::vector<Then> waiting;
    {
        const std::lock_guard lock(mutex_);
        waiting = std::move(waiting_[key]);
        waiting_.erase(key);
    }
    for (const Then& then : waiting) then(outcome);
}

Result<Done> AlipayCertificates::take(const callbacks::AppRef& app, const std::string& cert_sn,
                                      const Result<std::string>& content) {
    const auto taken = [&]() -> Result<std::vector<signing::Certificate>> {
        if (!content) return content.error();
        TOLLGATE_TRY(const std::string pem, signing::from_base64(*content));
        TOLLGATE_TRY(auto file, checked(*app, cert_sn, pem));
        TOLLGATE_DO(apps_.add_alipay_certificate(app->id, file.front()));
        return file;
    }();
    if (!taken) {
        log_.error(
            "alipay.certificate_refused",
            {{"app", app->id}, {"alipay_cert_sn", cert_sn}, {"reason", taken.error().message()}});
        return taken.error();
    }
    // Trusted from now on even if it cannot be kept: the next start fetches it again.
    const auto kept = keep(app->id, *taken);
    log_.warning("alipay.certificate_added",
                 {{"app", app->id},
                  {"alipay_cert_sn", cert_sn},
                  {"kept", kept ? "yes" : kept.error().message()},
                  {"to_do", "download it from the console and add it to the settings"}});
    return Done{};
}

Result<std::vector<signing::Certificate>> AlipayCertificates::checked(const callbacks::App& app,
                                                                      const std::string& cert_sn,
                                                                      std::string_view pem) const {
    TOLLGATE_TRY(auto file, signing::Certificate::parse_all(pem));
    const signing::Certificate& leaf = file.front();
    if (leaf.sn() != cert_sn) {
        return untrusted("certificate_wrong_sn",
                         "this is the certificate " + leaf.sn() + ", another one was asked for");
    }
    const bool known_subject = std::ranges::any_of(
        app.certificates->alipay,
        [&](const signing::Certificate& known) { return known.subject() == leaf.subject(); });
    if (!known_subject) {
        return untrusted("certificate_of_another", "the certificate is of " + leaf.subject() +
                                                       ", which is none of the settings' Alipay");
    }
    TOLLGATE_DO(check_chain(leaf,
                            {.others = std::span(file).subspan(1),
                             .issuers = app.certificates->issuers,
                             .roots = app.certificates->roots},
                            clock_.now()));
    return file;
}

Result<Done> AlipayCertificates::keep(const std::string& app_id,
                                      const std::vector<signing::Certificate>& file) const {
    std::error_code problem;
    std::filesystem::create_directories(folder_ / app_id, problem);
    const auto path = folder_ / app_id / (file.front().sn() + ".crt");
    const auto unfinished = folder_ / app_id / (file.front().sn() + ".new");
    {
        std::ofstream stream(unfinished, std::ios::trunc);
        for (const signing::Certificate& certificate : file) stream << certificate.to_pem();
        stream.close();
        if (!stream) return Error(ErrorCode::unavailable, "cannot write " + unfinished.string());
    }
    std::filesystem::rename(unfinished, path, problem);
    if (problem) return Error(ErrorCode::unavailable, "cannot write " + path.string());
    return Done{};
}

}  // namespace tollgate::gateway
