#include "gateway/traces/tracing.h"

#include <algorithm>

#include "base/id.h"

namespace tollgate::gateway::traces {

std::unique_ptr<Tracing> Tracing::make(const config::TracesSettings& settings, const Seams& seams) {
    if (settings.endpoint.empty()) return nullptr;
    return std::make_unique<Tracing>(settings, seams);
}

Tracing::Tracing(const config::TracesSettings& settings, const Seams& seams)
    : clock_(seams.clock),
      log_(seams.log),
      tracer_({.sample_per_million = settings.sample_per_million, .payment_ids_begin = "pay_"},
              seams.clock, seams.random, seams.entropy),
      exporter_(
          {.endpoint = settings.endpoint,
           .authorization = settings.authorization.clone(),
           .resource = {.service_name = settings.service_name,
                        .service_version = TOLLGATE_VERSION,
                        .instance_id = make_id("run", seams.clock.now(), seams.entropy)}},
          {.tracer = tracer_, .clock = seams.clock, .random = seams.random, .log = seams.log}) {
    log_.name_traces_of(&tracer_);
}

Tracing::~Tracing() {
    log_.name_traces_of(nullptr);
}

void Tracing::run() {
    while (!stopping_) tracer_.wait(exporter_.run_once());
}

void Tracing::stop() {
    stopping_ = true;
    exporter_.hurry(clock_.monotonic() + kFlushLeast);
    tracer_.wake();
}

void Tracing::flush(std::chrono::nanoseconds deadline) {
    const auto now = clock_.monotonic();
    const std::chrono::nanoseconds least = now + kFlushLeast;
    const std::chrono::nanoseconds most = now + kFlushMost;
    exporter_.flush(std::clamp(deadline, least, most));
}

}  // namespace tollgate::gateway::traces
