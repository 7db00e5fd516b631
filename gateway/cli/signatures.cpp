#include "gateway/cli/signatures.h"

#include <optional>

#include "base/charset.h"
#include "base/log.h"
#include "config/json_reader.h"
#include "signing/form.h"
#include "signing/key.h"
#include "signing/notification.h"

namespace tollgate::gateway::cli {
namespace {

constexpr std::size_t kKeyBytesMax = 64 * 1024;

Result<signing::SignType> read_type(std::string_view type) {
    const auto known = signing::sign_type_from(type);
    if (known) return *known;
    return Error(ErrorCode::invalid_argument, "--type: RSA2, RSA or SM2 is needed");
}

Result<signing::PublicKey> read_public_key(const std::string& file, signing::SignType type) {
    TOLLGATE_TRY(const auto text, config::read_file(file, kKeyBytesMax));
    auto key = signing::PublicKey::parse_for(type, text);
    if (key) return key;
    return Error(ErrorCode::invalid_argument, file + ": " + key.error().message())
        .because(key.error().reason());
}

std::string verdict_json(std::string_view reason, const std::optional<signing::Hint>& hint,
                         const signing::Fields& fields) {
    std::string json = R"({"verdict":")";
    json += reason.empty() ? R"(accepted","reason":null)" : R"(rejected","reason":)";
    if (!reason.empty()) append_json_string(json, reason);
    json += R"(,"hint":)";
    if (hint) {
        append_json_string(json, hint->code + ": " + hint->text);
    } else {
        json += "null";
    }
    json += R"(,"params":{)";
    const std::string charset(signing::find(fields, "charset").value_or("utf-8"));
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i != 0) json += ',';
        append_json_string(json, fields[i].first);
        json += ':';
        append_json_string(json, to_utf8(fields[i].second, charset).value_or(fields[i].second));
    }
    return json + "}}";
}

// The first of the asked business checks that fails, or empty.
std::string_view failed_check(const NotificationQuestion& question, const signing::Fields& fields) {
    const auto differs = [&](std::string_view name, const std::string& wanted) {
        return !wanted.empty() && signing::find(fields, name) != wanted;
    };
    if (differs("app_id", question.app_id)) return "app_id_mismatch";
    if (differs("seller_id", question.seller_id)) return "seller_id_mismatch";
    return {};
}

}  // namespace

Result<std::string> sign_content(const std::string& key_file, std::string_view type,
                                 std::string_view content) {
    TOLLGATE_TRY(const auto sign_type, read_type(type));
    TOLLGATE_TRY(auto text, config::read_file(key_file, kKeyBytesMax));
    const Secret secret(std::move(text));
    auto key = signing::PrivateKey::parse_for(sign_type, secret.reveal());
    if (!key) {
        return Error(ErrorCode::invalid_argument, key_file + ": " + key.error().message())
            .because(key.error().reason());
    }
    return key->sign(content, sign_type);
}

Result<Done> verify_content(const std::string& key_file, std::string_view type,
                            std::string_view signature, std::string_view content) {
    TOLLGATE_TRY(const auto sign_type, read_type(type));
    TOLLGATE_TRY(const auto key, read_public_key(key_file, sign_type));
    return key.verify(content, signature, sign_type);
}

Result<NotificationVerdict> verify_notification(const NotificationQuestion& question) {
    TOLLGATE_TRY(const auto sign_type, read_type(question.sign_type));
    TOLLGATE_TRY(const auto key, read_public_key(question.key_file, sign_type));
    const signing::NotificationKeys keys{.alipay = {key}, .sign_type = sign_type};
    const auto fields = signing::decode_form(question.body);
    const auto verified =
        fields ? signing::verify_notification(*fields, keys) : Result<Done>(fields.error());
    NotificationVerdict verdict;
    if (!verified) {
        const auto hint = signing::explain_notification(question.body, keys, nullptr);
        verdict.json =
            verdict_json(verified.error().reason(), hint, fields ? *fields : signing::Fields());
        return verdict;
    }
    const std::string_view failed = failed_check(question, *fields);
    verdict.accepted = failed.empty();
    verdict.json = verdict_json(failed, std::nullopt, *fields);
    return verdict;
}

}  // namespace tollgate::gateway::cli
