#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "callbacks/app.h"

namespace tollgate::gateway {

// Alipay renews its certificate by itself: one day an answer names one that the settings do not
// have (protocol notes 5.4). It is then fetched from Alipay, checked, kept as a file, and trusted
// beside the old one, by answers and notifications alike. Safe from any thread.
//
// What is trusted: a way to the app's root file, valid now, the SN that was asked for, and the very
// subject of an Alipay certificate that the operator configured. Without the last one, every
// merchant's certificate would do: they all come from the same CA.
class AlipayCertificates {
public:
    // Calls alipay.open.app.alipaycert.download, whose answer cannot be verified, and hands on its
    // alipay_cert_content.
    using Content = std::function<void(Result<std::string>)>;
    using Download =
        std::function<void(const callbacks::AppRef& app, const std::string& cert_sn, Content then)>;
    using Then = std::function<void(const Result<Done>&)>;

    // `folder` is made when the first certificate comes. All must outlive this.
    AlipayCertificates(std::filesystem::path folder, callbacks::Apps& apps, Clock& clock, Log& log)
        : folder_(std::move(folder)), apps_(apps), clock_(clock), log_(log) {}

    // Lets the apps trust what earlier runs kept, if it still passes every check: at the start, and
    // after the settings were read again.
    void load_kept();

    // Sees to it that the app trusts the certificate, then says so; a second caller for the same
    // one waits for the first one's download. Errors: unauthenticated with a reason of check_chain,
    // "certificate_wrong_sn" or "certificate_of_another"; invalid_argument for content that is no
    // certificate; those of the download.
    void want(const callbacks::AppRef& app, const std::string& cert_sn, const Download& download,
              Then then);

    // The app as it is now, whatever it was when a call began.
    callbacks::AppRef current(const callbacks::AppRef& app) const;

private:
    using Key = std::pair<std::string, std::string>;  // The app's id and the SN.

    Result<Done> take(const callbacks::AppRef& app, const std::string& cert_sn,
                      const Result<std::string>& content);
    // Alipay's certificate first, whatever came with it behind.
    Result<std::vector<signing::Certificate>> checked(const callbacks::App& app,
                                                      const std::string& cert_sn,
                                                      std::string_view pem) const;
    Result<Done> keep(const std::string& app_id,
                      const std::vector<signing::Certificate>& file) const;
    void finish(const Key& key, const Result<Done>& outcome);

    const std::filesystem::path folder_;
    callbacks::Apps& apps_;
    Clock& clock_;
    Log& log_;
    std::mutex mutex_;
    std::map<Key, std::vector<Then>> waiting_;
};

}  // namespace tollgate::gateway
