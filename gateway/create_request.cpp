#include "gateway/create_request.h"

#include <algorithm>

#include "base/utf8.h"
#include "gateway/create_fields.h"
#include "signing/form.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

bool is_name_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_web_url(std::string_view url) {
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    return scheme != 0 && url.size() > scheme && url[scheme] != '/' &&
           std::ranges::all_of(url, [](char c) {
               return c > ' ' && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\';
           });
}

// A price of 12.30 as a JSON number would pass through binary floating point on its way.
bool has_fraction(const Json& value) {
    if (value.is_number_float()) return true;
    if (!value.is_structured()) return false;
    return std::ranges::any_of(value, [](const Json& member) { return has_fraction(member); });
}

// What is wrong with a value, or empty.
std::string wrong_text(const FieldRule& rule, const std::string& text) {
    if (text.empty()) return "must not be empty";
    if (utf8_characters(text) > static_cast<std::size_t>(rule.most)) {
        return "is longer than " + std::to_string(rule.most) + " characters";
    }
    if (has_control(text)) return "must not contain control characters";
    if (rule.kind == FieldKind::out_trade_no && !is_name_text(text)) {
        return "may hold letters, digits and underscores only";
    }
    if (rule.kind == FieldKind::subject && text.find_first_of("/=&") != std::string::npos) {
        return "must not contain '/', '=' or '&': Alipay refuses them";
    }
    if (rule.kind == FieldKind::url && !is_web_url(text)) {
        return "must be an http:// or https:// address";
    }
    if (rule.kind == FieldKind::currency && text != "CNY") return "must be \"CNY\"";
    return {};
}

bool is_one_of(std::string_view choices, std::string_view text) {
    while (!choices.empty()) {
        const auto end = std::min(choices.find(' '), choices.size());
        if (choices.substr(0, end) == text) return true;
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return false;
}

std::string wrong_value(const FieldRule& rule, const Json& value) {
    switch (rule.kind) {
        case FieldKind::text:
        case FieldKind::out_trade_no:
        case FieldKind::subject:
        case FieldKind::url:
        case FieldKind::currency:
            if (!value.is_string()) return "must be a text";
            return wrong_text(rule, value.get_ref<const std::string&>());
        case FieldKind::number: {
            const bool whole = value.is_number_integer();
            const bool small = whole && (!value.is_number_unsigned() ||
                                         value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
            const auto number = small ? value.get<std::int64_t>() : rule.least - 1;
            if (number >= rule.least && number <= rule.most) return {};
            return "must be a whole number from " + std::to_string(rule.least) + " to " +
                   std::to_string(rule.most);
        }
        case FieldKind::choice:
            if (value.is_string() && is_one_of(rule.choices, value.get_ref<const std::string&>())) {
                return {};
            }
            return "must be one of: " + std::string(rule.choices);
        case FieldKind::object:
        case FieldKind::list: {
            const bool right = rule.kind == FieldKind::list ? value.is_array() : value.is_object();
            if (!right)
                return rule.kind == FieldKind::list ? "must be a list" : "must be an object";
            if (value.dump().size() > static_cast<std::size_t>(rule.most)) {
                return "is larger than " + std::to_string(rule.most) + " bytes";
            }
            if (has_fraction(value)) return "holds a number with a fraction: write it as a text";
            return {};
        }
    }
    return "is of an unknown kind";
}

class RequestReader {
public:
    explicit RequestReader(const Json& json) : json_(json) {}

    std::variant<CreateRequest, std::vector<config::Problem>> read() {
        check_known();
        for (const FieldRule& rule : create_fields()) check(rule);
        if (problems_.empty()) check_product_rules();
        if (!problems_.empty()) return problems_;
        return take();
    }

private:
    void check_known() {
        for (const auto& [name, unused] : json_.items()) {
            const bool known = std::ranges::any_of(
                create_fields(), [&](const FieldRule& rule) { return rule.name == name; });
            if (!known) problem(name, "is not a field of a payment");
        }
    }

    void check(const FieldRule& rule) {
        const std::string name(rule.name);
        const auto value = json_.find(name);
        if (value == json_.end()) {
            if (rule.required) problem(name, "is missing");
            return;
        }
        const std::string wrong = wrong_value(rule, *value);
        if (!wrong.empty()) problem(name, wrong);
    }

    // What depends on the product, or on two fields at once.
    void check_product_rules() {
        product_ = find_product(json_["product"].get_ref<const std::string&>());
        for (const FieldRule& rule : create_fields()) {
            if ((rule.products & bit_of(product_->product)) == 0 &&
                json_.contains(std::string(rule.name))) {
                problem(std::string(rule.name),
                        "does not go with product \"" + std::string(product_->name) + "\"");
            }
        }
        if (json_.contains("enable_pay_channels") && json_.contains("disable_pay_channels")) {
            problem("disable_pay_channels", "does not go with enable_pay_channels: choose one");
        }
        if (json_.contains("expires_in") &&
            json_["expires_in"].get<std::int64_t>() < product_->expires_in_min.count()) {
            problem("expires_in", "must be at least " +
                                      std::to_string(product_->expires_in_min.count()) +
                                      " for product \"" + std::string(product_->name) + "\"");
        }
        // Alipay counts what it is sent, which is the encoded text (protocol notes 9.0).
        if (json_.contains("passback_params") &&
            signing::percent_encode(json_["passback_params"].get_ref<const std::string&>()).size() >
                512) {
            problem("passback_params", "is longer than 512 bytes once it is percent-encoded");
        }
    }

    CreateRequest take() {
        CreateRequest request;
        request.product = product_;
        request.app = json_["app"].get<std::string>();
        request.out_trade_no = json_["out_trade_no"].get<std::string>();
        request.amount = Money::from_fen(json_["amount"].get<std::int64_t>());
        request.subject = json_["subject"].get<std::string>();
        request.order = text("order");
        request.replaces = text("replaces");
        request.seller_id = text("seller_id").value_or("");
        request.return_url = text("return_url");
        request.passback_params = text("passback_params");
        request.as_form = text("action") == "form";
        if (json_.contains("expires_in")) {
            request.expires_in = std::chrono::seconds(json_["expires_in"].get<std::int64_t>());
        }
        if (json_.contains("metadata")) request.metadata = json_["metadata"].dump();
        Json fingerprint = Json::object();
        for (const FieldRule& rule : create_fields()) {
            const auto value = json_.find(std::string(rule.name));
            if (value == json_.end()) continue;
            if (!rule.wire_name.empty()) request.wire[std::string(rule.wire_name)] = *value;
            if (rule.in_fingerprint) fingerprint[std::string(rule.name)] = *value;
        }
        // A default and the same value given are the same request.
        fingerprint["expires_in"] = request.expires_in.count();
        if (product_->way == Way::browser) {
            fingerprint["action"] = request.as_form ? "form" : "redirect";
        }
        request.fingerprint = fingerprint.dump();
        return request;
    }

    std::optional<std::string> text(const char* name) const {
        const auto value = json_.find(name);
        if (value == json_.end()) return std::nullopt;
        return value->get<std::string>();
    }

    void problem(const std::string& name, std::string what) {
        problems_.push_back({.where = "/" + name, .what = std::move(what)});
    }

    const Json& json_;
    const ProductInfo* product_ = nullptr;
    std::vector<config::Problem> problems_;
};

}  // namespace

std::variant<CreateRequest, std::vector<config::Problem>> read_create_request(
    std::string_view body) {
    std::vector<config::Problem> problems;
    const auto json = config::parse_json(body, config::Comments::refused, problems);
    if (!json) return problems;
    if (!json->is_object()) {
        return std::vector<config::Problem>{{.where = "/", .what = "must be a JSON object"}};
    }
    return RequestReader(*json).read();
}

std::vector<config::Problem> differing_fields(const std::string& ours, const std::string& theirs) {
    constexpr bool kThrow = false;
    const Json left = Json::parse(ours, nullptr, kThrow);
    const Json right = Json::parse(theirs, nullptr, kThrow);
    std::vector<config::Problem> problems;
    for (const FieldRule& rule : create_fields()) {
        const std::string name(rule.name);
        const bool in_left = left.is_object() && left.contains(name);
        const bool in_right = right.is_object() && right.contains(name);
        const bool same = in_left == in_right && (!in_left || left[name] == right[name]);
        if (!same) {
            problems.push_back({.where = "/" + name, .what = "differs from the first request's"});
        }
    }
    return problems;
}

}  // namespace tollgate::gateway
