#include "gateway/traces/otlp.h"

#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace tollgate::gateway::traces {
namespace {

using nlohmann::json;

constexpr int kStatusUnset = 0;
constexpr int kStatusError = 2;

json text_attribute(std::string_view name, const std::string& text) {
    return {{"key", name}, {"value", {{"stringValue", text}}}};
}

json attribute_json(const SpanAttribute& attribute) {
    if (const auto* text = std::get_if<std::string>(&attribute.value)) {
        return text_attribute(attribute.name, *text);
    }
    return {{"key", attribute.name},
            {"value", {{"intValue", std::to_string(std::get<std::int64_t>(attribute.value))}}}};
}

void add_place(json& into, const TraceContext& context) {
    into["traceId"] = id_text(context.trace_id);
    into["spanId"] = id_text(context.span_id);
    if (context.state != nullptr) into["traceState"] = *context.state;
}

json span_json(const SpanRecord& span) {
    json attributes = json::array();
    for (const SpanAttribute& attribute : span.attributes) {
        attributes.push_back(attribute_json(attribute));
    }
    json shown = {{"name", span.name},
                  {"kind", static_cast<int>(span.kind)},
                  {"startTimeUnixNano", std::to_string(span.began_ns)},
                  {"endTimeUnixNano", std::to_string(span.ended_ns)},
                  {"attributes", std::move(attributes)},
                  {"status", {{"code", span.failed ? kStatusError : kStatusUnset}}}};
    add_place(shown, span.context);
    if (span.parent) shown["parentSpanId"] = id_text(*span.parent);
    if (span.link) {
        json link = json::object();
        add_place(link, *span.link);
        shown["links"] = json::array({std::move(link)});
    }
    return shown;
}

}  // namespace

std::string otlp_json(std::span<const SpanRecord> spans, const Resource& resource) {
    json list = json::array();
    for (const SpanRecord& span : spans) list.push_back(span_json(span));
    json whole;
    json& of_resource = whole["resourceSpans"][0];
    of_resource["resource"]["attributes"] =
        json::array({text_attribute("service.name", resource.service_name),
                     text_attribute("service.version", resource.service_version),
                     text_attribute("service.instance.id", resource.instance_id)});
    json& of_scope = of_resource["scopeSpans"][0];
    of_scope["scope"] = {{"name", "tollgate"}, {"version", resource.service_version}};
    of_scope["spans"] = std::move(list);
    // Ids and the like come from outside, and need not be UTF-8.
    return whole.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::size_t rejected_spans(const std::string& answer) {
    constexpr bool kThrow = false;
    const json parsed = json::parse(answer, nullptr, kThrow);
    if (!parsed.is_object() || !parsed.contains("partialSuccess")) return 0;
    const json& partial = parsed["partialSuccess"];
    if (!partial.is_object() || !partial.contains("rejectedSpans")) return 0;
    const json& rejected = partial["rejectedSpans"];
    if (rejected.is_number_unsigned()) return rejected.get<std::size_t>();
    if (!rejected.is_string()) return 0;
    const auto& text = rejected.get_ref<const std::string&>();
    std::size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

}  // namespace tollgate::gateway::traces
