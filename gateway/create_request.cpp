#include "gateway/create_request.h"

#include <algorithm>

#include "gateway/create_fields.h"
#include "gateway/create_values.h"
#include "signing/digest.h"
#include "signing/form.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

// What no product goes below; less is a problem of the field itself.
constexpr std::int64_t kExpirySecondsMin = 60;

class RequestReader {
public:
    explicit RequestReader(const Json& json) : json_(json) {}

    std::variant<CreateRequest, std::vector<config::Problem>> read() {
        check_known();
        for (const FieldRule& rule : create_fields()) check(rule);
        const auto product = json_.find("product");
        product_ = product != json_.end() && product->is_string()
                       ? find_product(product->get_ref<const std::string&>())
                       : nullptr;
        if (product_ != nullptr) check_product_rules();
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
        const auto value = json_.find(rule.name);
        if (value == json_.end()) {
            if (rule.required_for == kEveryProduct) problem(rule.name, "is missing");
            return;
        }
        const std::string wrong = wrong_value(rule, *value);
        if (!wrong.empty()) problem(rule.name, wrong);
    }

    // What depends on the product, or on two fields at once.
    void check_product_rules() {
        for (const FieldRule& rule : create_fields()) {
            if ((rule.products & bit_of(product_->product)) == 0 && json_.contains(rule.name)) {
                problem(rule.name,
                        "does not go with product \"" + std::string(product_->name) + "\"");
            }
            if (rule.required_for != kEveryProduct &&
                (rule.required_for & bit_of(product_->product)) != 0 &&
                !json_.contains(rule.name)) {
                problem(rule.name,
                        "is missing: product \"" + std::string(product_->name) + "\" needs it");
            }
        }
        if (json_.contains("enable_pay_channels") && json_.contains("disable_pay_channels")) {
            problem("disable_pay_channels", "does not go with enable_pay_channels: choose one");
        }
        if (json_.contains("expires_in") && json_["expires_in"].is_number_integer() &&
            json_["expires_in"].get<std::int64_t>() >= kExpirySecondsMin &&
            json_["expires_in"].get<std::int64_t>() < product_->expires_in_min.count()) {
            problem("expires_in", "must be at least " +
                                      std::to_string(product_->expires_in_min.count()) +
                                      " for product \"" + std::string(product_->name) + "\"");
        }
        // Alipay counts what it is sent, which is the encoded text (protocol notes 9.0).
        if (json_.contains("passback_params") && json_["passback_params"].is_string() &&
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
            const auto value = json_.find(rule.name);
            if (value == json_.end()) continue;
            if (!rule.wire_name.empty()) request.wire[std::string(rule.wire_name)] = *value;
            if (rule.in_fingerprint) fingerprint[std::string(rule.name)] = remembered(rule, *value);
        }
        add_buyer(request.wire);
        // A default and the same value given are the same request.
        fingerprint["expires_in"] = request.expires_in.count();
        if (product_->way == Way::browser) {
            fingerprint["action"] = request.as_form ? "form" : "redirect";
        }
        request.fingerprint = fingerprint.dump();
        return request;
    }

    // What can take money is only ever remembered by its hash.
    static Json remembered(const FieldRule& rule, const Json& value) {
        if (rule.kind != FieldKind::auth_code) return value;
        return "sha256:" + signing::sha256_hex(value.get_ref<const std::string&>());
    }

    void add_buyer(Json& wire) const {
        const auto buyer = json_.find("buyer");
        if (buyer == json_.end()) return;
        if (buyer->contains("open_id")) wire["buyer_open_id"] = (*buyer)["open_id"];
        if (buyer->contains("buyer_id")) wire["buyer_id"] = (*buyer)["buyer_id"];
    }

    std::optional<std::string> text(const char* name) const {
        const auto value = json_.find(name);
        if (value == json_.end()) return std::nullopt;
        return value->get<std::string>();
    }

    // One problem a field is enough: the first one says most.
    void problem(std::string_view name, std::string what) {
        const std::string where = "/" + std::string(name);
        if (std::ranges::find(problems_, where, &config::Problem::where) != problems_.end()) return;
        problems_.push_back({.where = where, .what = std::move(what)});
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
