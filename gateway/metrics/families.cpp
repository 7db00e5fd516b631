#include "gateway/metrics/families.h"

#include "base/check.h"

namespace tollgate::gateway::metrics {
namespace {

double shown(std::int64_t value, Unit unit) {
    const auto number = static_cast<double>(value);
    switch (unit) {
        case Unit::one: return number;
        case Unit::microseconds: return number / 1e6;
        case Unit::milliseconds: return number / 1e3;
    }
    TOLLGATE_CHECK(false);
    return number;
}

}  // namespace

Families& Families::begin(std::string_view name, std::string_view help,
                          prometheus::MetricType type) {
    auto& family = families_.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
    return *this;
}

Families& Families::counter(std::string_view name, std::string_view help) {
    TOLLGATE_CHECK(name.ends_with("_total"));
    return begin(name, help, prometheus::MetricType::Counter);
}

Families& Families::gauge(std::string_view name, std::string_view help) {
    return begin(name, help, prometheus::MetricType::Gauge);
}

Families& Families::histogram(std::string_view name, std::string_view help) {
    return begin(name, help, prometheus::MetricType::Histogram);
}

prometheus::ClientMetric& Families::sample(Labels labels) {
    TOLLGATE_CHECK(!families_.empty());
    auto& metric = families_.back().metric.emplace_back();
    for (auto& [name, value] : labels)
        metric.label.push_back({std::string(name), std::move(value)});
    return metric;
}

void Families::add(Labels labels, std::uint64_t value) {
    add(std::move(labels), static_cast<std::int64_t>(value), Unit::one);
}

void Families::add(Labels labels, std::int64_t value, Unit unit) {
    auto& metric = sample(std::move(labels));
    if (families_.back().type == prometheus::MetricType::Counter) {
        metric.counter.value = shown(value, unit);
    } else {
        metric.gauge.value = shown(value, unit);
    }
}

void Families::add(Labels labels, const Tally::Reading& reading, Unit unit) {
    auto& histogram = sample(std::move(labels)).histogram;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < reading.bounds.size(); ++i) {
        so_far += reading.counts[i];
        histogram.bucket.push_back({so_far, shown(reading.bounds[i], unit)});
    }
    histogram.sample_count = so_far + reading.counts.back();
    histogram.sample_sum = shown(reading.sum, unit);
}

}  // namespace tollgate::gateway::metrics
