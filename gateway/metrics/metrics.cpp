#include "gateway/metrics/metrics.h"

#include <prometheus/text_serializer.h>

namespace tollgate::gateway::metrics {

void Metrics::add_routes(transport::Router& router) {
    router.add("GET", "/metrics", [this](transport::ServerRequest&, transport::Ticket ticket) {
        ticket.complete({.status = 200,
                         .content_type = "text/plain; version=0.0.4; charset=utf-8",
                         .body = text(),
                         .headers = {}});
    });
}

void Metrics::read_ledger() {
    auto reading = sources_.store.read();
    const Timestamp now = sources_.clock.now();
    auto figures = reading ? (*reading)->figures(now, ledger::Figures::kRowsMax)
                           : Result<ledger::Figures>(reading.error());
    if (!figures) {
        sources_.log.warning("metrics.ledger_unreadable", {{"reason", figures.error().message()}});
        return;
    }
    const std::lock_guard lock(mutex_);
    figures_ = *std::move(figures);
    read_at_ = now;
}

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
    Families families;
    families.gauge("tollgate_build_info", "Always 1; its labels say which build answers.")
        .add({{"version", TOLLGATE_VERSION}}, std::int64_t{1});
    collect_traffic(families);
    collect_notifications(families);
    collect_alipay(families);
    collect_deliveries(families);
    collect_writer(families);
    collect_traces(families);
    collect_certificates(families);
    const std::lock_guard lock(mutex_);
    collect_figures(families, figures_, read_at_, sources_.clock.now());
    return families.take();
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(Collect());
}

}  // namespace tollgate::gateway::metrics
