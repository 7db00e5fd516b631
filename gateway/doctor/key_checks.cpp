#include "gateway/doctor/key_checks.h"

#include <algorithm>
#include <array>
#include <optional>

#include "signing/content_cipher.h"
#include "signing/key.h"
#include "signing/key_text.h"

namespace tollgate::gateway {
namespace {

using signing::PrivateKey;
using signing::PublicKey;

constexpr std::array kKeyAdvice{
    Advice{"key_missing", "There is no key in it. Copy the key file again.",
           "这里没有密钥。请重新复制密钥文件。"},
    Advice{
        "key_truncated",
        "The key is cut off: its beginning or end is missing. Copy the whole file again, with the "
        "BEGIN and END lines if it has them.",
        "密钥不完整，开头或结尾缺失。请重新复制整个文件；如果有 BEGIN 和 END 行，也要一并复制。"},
    Advice{"key_encrypted",
           "The private key is protected by a pass phrase. Store it without one: openssl pkey -in "
           "old.pem -out new.pem",
           "私钥设有口令。请去掉口令后再保存：openssl pkey -in old.pem -out new.pem"},
    Advice{"key_is_public",
           "This is a public key or a certificate; the app's private key belongs here.",
           "这是公钥或证书；这里应填写应用私钥。"},
    Advice{"key_is_private",
           "This is a private key; Alipay's PUBLIC key belongs here. If it has left this machine, "
           "make a new key pair.",
           "这是私钥；这里应填写支付宝公钥。如果该私钥已经外传，请重新生成密钥对。"},
    Advice{"key_not_rsa",
           "This is another kind of key. sign_type RSA2 needs RSA, sign_type SM2 needs SM2.",
           "密钥类型不对。sign_type 为 RSA2 时需要 RSA 密钥，为 SM2 时需要 SM2 密钥。"},
    Advice{"key_not_sm2", "sign_type SM2 needs an SM2 key, and this is another kind of key.",
           "sign_type 为 SM2 时需要 SM2 密钥，而这是另一种密钥。"},
    Advice{
        "key_too_short",
        "The key has fewer than 2048 bits, which RSA2 needs. Make a new pair: tollgate keys new "
        "DIR, and upload its public half.",
        "密钥不足 2048 位，RSA2 不能使用。请用 tollgate keys new DIR 生成新密钥对，并上传公钥。"},
    Advice{"key_too_long", "The key has more than 8192 bits. Make a new pair of 2048.",
           "密钥超过 8192 位。请重新生成 2048 位的密钥对。"},
    Advice{"key_damaged",
           "The private key can be read, but its numbers do not fit together: a character was "
           "changed. Copy the file again.",
           "私钥可以读取，但内部数字不一致，说明有字符被改动。请重新复制文件。"},
    Advice{"content_key_malformed",
           "The content encryption key is not base64 in one line. Copy it from the console again.",
           "内容加密密钥不是一行 base64。请从控制台重新复制。"},
    Advice{
        "content_key_length",
        "A content encryption key has 16 bytes, which are 24 characters ending in \"==\". Copy it "
        "from the console again.",
        "内容加密密钥应为 16 字节，即以 “==” 结尾的 24 个字符。请从控制台重新复制。"},
    Advice{
        "key_unreadable",
        "This is no key that we can read: neither PEM nor base64 of one. Copy it again from where "
        "it was made; a word processor may have changed it.",
        "无法识别为密钥：既不是 PEM 也不是 base64。请从生成处重新复制，文字处理软件可能改动了它。"},
};

Finding key_finding(const std::string& where, const Error& error) {
    const auto* const found = std::ranges::find(kKeyAdvice, error.reason(), &Advice::code);
    if (found == kKeyAdvice.end()) {
        return {Severity::error, where, error.reason(), error.message(), "密钥无法使用。"};
    }
    return {Severity::error, where, error.reason(), std::string(found->english),
            std::string(found->chinese)};
}

// PKCS#8 wraps the key in a sequence that names its algorithm; PKCS#1 has its first number there.
std::string_view private_form(std::string_view der) {
    const std::size_t version = der.find(std::string_view("\x02\x01\x00", 3));
    if (version == std::string_view::npos || version > 5 || version + 3 >= der.size()) return {};
    if (der[version + 3] == '\x30') return "PKCS#8";
    return der[version + 3] == '\x02' ? "PKCS#1" : std::string_view();
}

void check_armour(Findings& findings, std::string_view text, const std::string& where) {
    const auto key_text = signing::read_key_text(text);
    if (!key_text || key_text->label.empty()) return;
    const std::string_view form = private_form(key_text->der.reveal());
    const std::string_view said = key_text->label == "PRIVATE KEY"       ? "PKCS#8"
                                  : key_text->label == "RSA PRIVATE KEY" ? "PKCS#1"
                                                                         : "";
    if (form.empty() || said.empty() || form == said) return;
    findings.push_back(
        {Severity::warning, where, "key_label_wrong",
         "The BEGIN line says " + std::string(said) + ", the key inside is " + std::string(form) +
             ". We read it all the same; other programs will not. openssl pkey -in old.pem -out "
             "new.pem writes it anew.",
         "BEGIN 行表明是 " + std::string(said) + "，而内容是 " + std::string(form) +
             "。我们可以读取，但其他程序不行。可用 openssl pkey -in old.pem -out new.pem "
             "重新写出。"});
}

void check_alipay_key(Findings& findings, const config::AppSettings& app, std::size_t index,
                      const std::string& app_where, const std::optional<PublicKey>& own) {
    const std::string& text = app.alipay_public_keys[index];
    const std::string where = app_where + "/alipay_public_keys/" + std::to_string(index);
    const auto type = signing::sign_type_from(app.sign_type).value_or(signing::SignType::rsa2);
    const auto key = PublicKey::parse_for(type, text);
    if (!key) {
        findings.push_back(key_finding(where, key.error()));
        return;
    }
    if (own && key->same_as(*own)) {
        findings.push_back({Severity::error, where, "app_key_in_alipays_place",
                            "This is the app's own public key. Alipay's public key belongs here: "
                            "the console shows "
                            "it behind \"View Alipay public key\", next to the app's.",
                            "这是应用公钥。这里应填写支付宝公钥：在控制台点击“查看支付宝公钥”，它与"
                            "应用公钥并列。"});
        return;
    }
    if (text.find("BEGIN CERTIFICATE") != std::string::npos) {
        findings.push_back(
            {Severity::warning, where, "certificate_in_key_mode",
             "This is a certificate, but the app works in key mode. If the console says "
             "certificate "
             "mode, use \"certificates\" with all three files instead of alipay_public_keys.",
             "这是证书，但应用以公钥模式工作。如果控制台设置的是证书模式，请改用 \"certificates\" "
             "并提供三个文件，而不是 alipay_public_keys。"});
    }
}

void check_content_key(Findings& findings, const config::AppSettings& app,
                       const std::string& where) {
    const std::string_view key = app.encrypt_key.reveal();
    const auto type = signing::encrypt_type_from(app.encrypt_type);
    if (key.empty() || !type) return;
    const auto read = signing::ContentKey::parse(key, *type);
    if (!read) findings.push_back(key_finding(where + "/encrypt_key", read.error()));
}

void check_console_key(Findings& findings, const std::string& where, const PublicKey& own,
                       std::string_view console_public_key, signing::SignType type) {
    const auto shown = PublicKey::parse_for(type, console_public_key);
    if (!shown) {
        findings.push_back(key_finding("--app-public-key", shown.error()));
    } else if (!shown->same_as(own)) {
        findings.push_back(
            {Severity::error, where, "key_pair_does_not_match",
             "The app public key in the console is not the other half of this private key: Alipay "
             "will refuse every request. Upload ours (" +
                 own.to_bare() + "), or use the private key that belongs to the console's.",
             "控制台中的应用公钥与此私钥不配对，支付宝会拒绝所有请求。请上传我们的公钥（" +
                 own.to_bare() + "），或改用与控制台公钥配对的私钥。"});
    }
}

}  // namespace

Findings check_keys(const config::AppSettings& app, const std::string& where,
                    std::string_view console_public_key) {
    Findings findings;
    const auto type = signing::sign_type_from(app.sign_type).value_or(signing::SignType::rsa2);
    const auto private_key = PrivateKey::parse_for(type, app.private_key.reveal());
    std::optional<PublicKey> own;
    if (private_key) {
        own = private_key->public_half();
        check_armour(findings, app.private_key.reveal(), where + "/private_key");
        if (!console_public_key.empty()) {
            check_console_key(findings, where + "/private_key", *own, console_public_key, type);
        }
    } else {
        findings.push_back(key_finding(where + "/private_key", private_key.error()));
    }
    for (std::size_t i = 0; i < app.alipay_public_keys.size(); ++i) {
        check_alipay_key(findings, app, i, where, own);
    }
    check_content_key(findings, app, where);
    if (app.sign_type == "RSA") {
        findings.push_back({Severity::warning, where + "/sign_type", "sha1_signatures",
                            "sign_type RSA signs with SHA-1, which new apps may not use. Move the "
                            "app to RSA2 in the console, then here.",
                            "sign_type RSA 使用 SHA-1 签名，新应用已不允许。请先在控制台改为 RSA2，"
                            "再修改此处。"});
    }
    return findings;
}

}  // namespace tollgate::gateway
