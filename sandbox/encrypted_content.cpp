#include "sandbox/encrypted_content.h"

#include "sandbox/refusal.h"

namespace tollgate::sandbox {

Result<std::optional<EncryptType>> asked_encryption(const App& app, std::string_view encrypt_type) {
    if (encrypt_type.empty()) return std::optional<EncryptType>();
    const auto type = encrypt_type_named(encrypt_type);
    if (!type) {
        return refusal("isv.invalid-encrypt-type", "加密类型无效：" + std::string(encrypt_type));
    }
    if (!app.content_key) {
        return refusal("isv.missing-encrypt-key", "该应用没有设置接口内容加密的密钥");
    }
    return type;
}

Result<std::string> opened_content(const App& app, EncryptType type, std::string_view content) {
    auto text = app.content_key->decrypt(content, type);
    if (text) return text;
    return refusal("isv.decryption-error-unknown", "解密出错，未知错误");
}

}  // namespace tollgate::sandbox
