#include "sandbox/serial_names.h"

#include <string>

#include "sandbox/refusal.h"

namespace tollgate::sandbox {

Result<Done> check_serial_names(const SerialNames& names, const App& app, Timestamp now) {
    if (!app.certificates) {
        if (names.app_cert_sn.empty() && names.alipay_root_cert_sn.empty()) return Done{};
        return refusal("isv.app-cert-not-exist", "该应用使用公钥模式，没有上传过应用公钥证书");
    }
    const AppCertificates& own = *app.certificates;
    if (names.app_cert_sn.empty()) {
        return refusal("isv.missing-app-cert-sn", "缺少应用公钥证书序列号");
    }
    if (names.alipay_root_cert_sn.empty()) {
        return refusal("isv.missing-alipay-root-cert-sn", "缺少支付宝根证书序列号");
    }
    if (names.app_cert_sn != own.app_cert_sn) {
        return refusal("isv.app-cert-not-exist",
                       "应用公钥证书不存在：" + std::string(names.app_cert_sn));
    }
    if (now < own.valid_from || now > own.valid_until) {
        return refusal("isv.app-cert-expired", "应用公钥证书不在有效期内");
    }
    if (names.alipay_root_cert_sn != own.root_cert_sn) {
        return refusal("isv.invalid-alipay-root-cert-sn",
                       "支付宝根证书序列号错误：" + std::string(names.alipay_root_cert_sn));
    }
    return Done{};
}

}  // namespace tollgate::sandbox
