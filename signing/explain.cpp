#include <algorithm>
#include <optional>
#include <utility>

#include "signing/content.h"
#include "signing/form.h"
#include "signing/mistakes.h"
#include "signing/notification.h"
#include "signing/parameter_names.h"

namespace tollgate::signing {
namespace {

using Found = std::optional<Hint>;

Hint hint(std::string_view code, std::string_view text) {
    return {std::string(code), std::string(text)};
}

bool is_signature_name(std::string_view name) {
    return name == "sign" || name == "sign_type";
}

// Names come from whoever posted the body, and hints go to logs and pages.
std::string shown(std::string_view name) {
    constexpr std::size_t kShownMax = 40;
    constexpr std::string_view kHarmless =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    const bool harmless = name.find_first_not_of(kHarmless) == std::string_view::npos;
    if (!harmless || name.size() > kShownMax) return "a parameter with an odd name";
    return "the parameter " + std::string(name);
}

Fields without(const Fields& fields, auto is_dropped) {
    Fields kept = fields;
    std::erase_if(kept, [&](const auto& field) { return is_dropped(field); });
    return kept;
}

std::string content_in_received_order(const Fields& fields) {
    std::string text;
    for (const auto& [name, value] : fields) {
        if (value.empty() || is_signature_name(name)) continue;
        if (!text.empty()) text += '&';
        text.append(name).append("=").append(value);
    }
    return text;
}

// The pairs of the body as they stand there, for senders that sign before they should.
Fields undecoded(std::string_view body) {
    Fields fields;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('&'), body.size());
        const std::string_view piece = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        const std::size_t equals = piece.find('=');
        if (equals == std::string_view::npos) continue;
        fields.emplace_back(piece.substr(0, equals), piece.substr(equals + 1));
    }
    return fields;
}

// Tries one idea after the other, each a text that Alipay may have signed, while checks are left.
class Investigation {
public:
    Investigation(const Fields& fields, const NotificationKeys& keys, int& checks_left)
        : fields_(fields), keys_(keys), checks_left_(checks_left) {
        received_sign_ = find(fields, "sign").value_or("");
        sign_ = repaired_signature(received_sign_);
        type_ = sign_type_from(find(fields, "sign_type").value_or("")).value_or(keys.sign_type);
    }

    Found as_it_is(const PublicKey* app_public_key) {
        const std::string content = notification_content(fields_);
        if (holds(content)) return unrelated_to_content();
        if (app_public_key != nullptr && holds(content, *app_public_key)) {
            return hint("signed_by_app",
                        "the notification is signed with the app's own private key, not by Alipay; "
                        "a test tool sent it, or keys were mixed up");
        }
        const SignType named =
            std::exchange(type_, type_ == SignType::rsa2 ? SignType::rsa : SignType::rsa2);
        const bool fits_other = holds(content);
        type_ = named;
        if (!fits_other) return std::nullopt;
        return hint("other_hash", "the signature fits the other sign_type; sign_type was changed");
    }

    Found other_rules() {
        if (holds(notification_content_v2(fields_))) {
            return hint("rule_v2",
                        "signed by rule V2 (sign_type takes part), which payments never "
                        "use; this is another kind of message");
        }
        const Fields unsigned_type =
            without(fields_, [](const auto& field) { return field.first == "sign_type"; });
        if (holds(notification_content_v2(unsigned_type))) {
            return hint("empty_values_kept", "empty values took part in the signature");
        }
        if (holds(notification_content(without(fields_, [](const auto& field) {
                return field.second.find_first_not_of(" \t\r\n") == std::string::npos;
            })))) {
            return hint("blank_values_dropped",
                        "values of white space took no part in the "
                        "signature");
        }
        if (holds(content_in_received_order(fields_))) {
            return hint("not_sorted", "the sender signed the parameters in the order it sent them");
        }
        if (holds(notification_content(fields_) + "\n")) {
            return hint("content_line_end", "the sender signed a line end behind the content");
        }
        return std::nullopt;
    }

    Found values_changed() {
        for (const ValueMistake& mistake : value_mistakes()) {
            if (checks_left_ > 0 && undoing_helps(mistake)) return hint(mistake.code, mistake.text);
        }
        return std::nullopt;
    }

    Found plus_lost() {
        for (const auto& [name, value] : fields_) {
            if (checks_left_ == 0) return std::nullopt;
            if (is_signature_name(name)) continue;
            for (std::string& way : with_plus_signs(value)) {
                if (holds_with(name, std::move(way))) {
                    return hint("plus_lost", "'+' became a space in " + shown(name) +
                                                 ": the body was decoded twice, or not taken raw");
                }
            }
        }
        return std::nullopt;
    }

    Found names_added() {
        const auto is_foreign = [](const auto& field) {
            return !is_notification_name(field.first);
        };
        if (std::ranges::none_of(fields_, is_foreign)) return std::nullopt;
        if (holds(notification_content(without(fields_, is_foreign)))) return foreign_hint("");
        for (const auto& foreign : fields_) {
            if (checks_left_ == 0) return std::nullopt;
            if (!is_foreign(foreign)) continue;
            if (holds(notification_content(without(fields_, [&foreign](const auto& field) {
                    return field.first == foreign.first;
                })))) {
                return foreign_hint(foreign.first);
            }
        }
        return std::nullopt;
    }

    bool holds(std::string_view content) {
        return std::ranges::any_of(
            keys_.alipay, [this, content](const PublicKey& key) { return holds(content, key); });
    }

private:
    static Hint foreign_hint(const std::string& name) {
        const std::string which =
            name.empty() ? "parameters that are not Alipay's were" : shown(name) + " was";
        return hint("extra_parameter", which +
                                           " added on the way; take only the POST body, and keep "
                                           "own parameters out of notify_url");
    }

    bool holds(std::string_view content, const PublicKey& key) {
        if (checks_left_ == 0) return false;
        --checks_left_;
        return key.verify(content, sign_, type_).has_value();
    }

    bool holds_with(std::string_view name, std::string value) {
        Fields changed = fields_;
        std::ranges::find(changed, name, &Fields::value_type::first)->second = std::move(value);
        return holds(notification_content(changed));
    }

    // The content is sound, so what is wrong stands beside it.
    Hint unrelated_to_content() const {
        if (sign_ != received_sign_) {
            return hint("sign_changed",
                        "the content is sound, but the sign was changed on the way: "
                        "'+' became a space, line ends were added, or it was "
                        "encoded again");
        }
        const auto type = find(fields_, "sign_type");
        if (!type || type->empty()) {
            return hint("sign_type_missing",
                        "only sign_type is missing; was it dropped on the way?");
        }
        if (type_ != keys_.sign_type) {
            return hint("sign_type_not_allowed",
                        "the signature is good, but its sign_type is not the one configured");
        }
        return hint("verifies", "the notification verifies now; was a key changed meanwhile?");
    }

    // All values together; else, since some may have held such text from the start, one by one and
    // all but one.
    bool undoing_helps(const ValueMistake& mistake) {
        Fields undone = fields_;
        std::vector<std::size_t> affected;
        for (std::size_t i = 0; i < undone.size(); ++i) {
            if (is_signature_name(undone[i].first)) continue;
            auto value = mistake.undo(undone[i].second);
            if (!value) continue;
            undone[i].second = *std::move(value);
            affected.push_back(i);
        }
        if (affected.empty()) return false;
        if (holds(notification_content(undone))) return true;
        if (affected.size() == 1) return false;
        return std::ranges::any_of(affected, [&](std::size_t i) {
            if (checks_left_ == 0) return false;  // Copying alone would add up.
            Fields only = fields_;
            only[i].second = undone[i].second;
            Fields all_but = undone;
            all_but[i].second = fields_[i].second;
            return holds(notification_content(only)) || holds(notification_content(all_but));
        });
    }

    const Fields& fields_;
    const NotificationKeys& keys_;
    int& checks_left_;
    std::string received_sign_;
    std::string sign_;
    SignType type_;
};

Found body_changed(std::string_view raw_body, const NotificationKeys& keys, int& checks_left) {
    for (const BodyMistake& mistake : body_mistakes()) {
        const auto body = mistake.undo(raw_body);
        if (!body) continue;
        const auto fields = decode_form(*body);
        if (!fields || !find(*fields, "sign")) continue;
        if (Investigation(*fields, keys, checks_left).holds(notification_content(*fields))) {
            return hint(mistake.code, mistake.text);
        }
    }
    return std::nullopt;
}

Found signed_undecoded(std::string_view raw_body, const Fields& fields,
                       const NotificationKeys& keys, int& checks_left) {
    Investigation investigation(fields, keys, checks_left);
    if (!investigation.holds(notification_content(undecoded(raw_body)))) return std::nullopt;
    return hint("signed_before_decoding",
                "the sender signed the percent-encoded text; Alipay "
                "signs the decoded one");
}

}  // namespace

Hint explain_notification(std::string_view raw_body, const NotificationKeys& keys,
                          const PublicKey* app_public_key) {
    if (keys.alipay.empty()) return hint("no_alipay_key", "no Alipay public key is configured");
    if (app_public_key != nullptr &&
        std::ranges::any_of(keys.alipay, [app_public_key](const PublicKey& key) {
            return key.same_as(*app_public_key);
        })) {
        return hint("app_key_configured",
                    "the app's own public key is configured as Alipay's; copy the Alipay public "
                    "key from the console instead");
    }
    int checks_left = kHintChecksMax;
    const auto fields = decode_form(raw_body);
    if (auto found = body_changed(raw_body, keys, checks_left)) return *std::move(found);
    if (!fields) {
        return hint(fields.error().reason(),
                    "the body is not the form that Alipay posts: " + fields.error().message());
    }
    if (find(*fields, "sign").value_or("").empty()) {
        return hint("not_signed", "there is no sign in the body; Alipay always sends one");
    }
    Investigation investigation(*fields, keys, checks_left);
    if (auto found = investigation.as_it_is(app_public_key)) return *std::move(found);
    if (auto found = investigation.other_rules()) return *std::move(found);
    if (auto found = signed_undecoded(raw_body, *fields, keys, checks_left)) {
        return *std::move(found);
    }
    if (auto found = investigation.names_added()) return *std::move(found);
    if (auto found = investigation.values_changed()) return *std::move(found);
    if (auto found = investigation.plus_lost()) return *std::move(found);
    return hint("unknown",
                "none of the known mistakes explains it; compare the configured Alipay "
                "public key with the console, and the environment (sandbox or "
                "production)");
}

}  // namespace tollgate::signing
