#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "base/tally.h"

namespace tollgate::gateway::metrics {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

// What a number of ours is shown in: Prometheus wants seconds.
enum class Unit { one, microseconds, milliseconds };

// The families of one scrape, in the making. Everything we count is a whole number; this is the one
// place where numbers become what Prometheus speaks.
//
// A family is begun by its help text and then has its samples; one without samples is shown all the
// same, so that whoever reads the text sees what there could be.
class Families {
public:
    // A number that only ever grows; its name ends in _total.
    Families& counter(std::string_view name, std::string_view help);
    Families& gauge(std::string_view name, std::string_view help);
    Families& histogram(std::string_view name, std::string_view help);

    // Samples of the family that was begun last.
    void add(Labels labels, std::uint64_t value);
    void add(Labels labels, std::int64_t value, Unit unit = Unit::one);
    void add(Labels labels, const Tally::Reading& reading, Unit unit);

    std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

private:
    Families& begin(std::string_view name, std::string_view help, prometheus::MetricType type);
    prometheus::ClientMetric& sample(Labels labels);

    std::vector<prometheus::MetricFamily> families_;
};

}  // namespace tollgate::gateway::metrics
