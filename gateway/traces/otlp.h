#pragma once

#include <span>
#include <string>

#include "base/span.h"

namespace tollgate::gateway::traces {

// Who exports: OTLP's resource.
struct Resource {
    std::string service_name;
    std::string service_version;
    std::string instance_id;  // Another one for each process.
};

// The body of a POST to …/v1/traces: OTLP in JSON, with ids in hexadecimal digits, and times and
// whole numbers as texts (OTLP 1.x, "JSON Protobuf Encoding").
std::string otlp_json(std::span<const SpanRecord> spans, const Resource& resource);

// How many of a request's spans the collector says it has not taken (partialSuccess); 0 when its
// answer says nothing of the kind.
std::size_t rejected_spans(const std::string& answer);

}  // namespace tollgate::gateway::traces
