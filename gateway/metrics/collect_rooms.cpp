#include <array>

#include "gateway/metrics/metrics.h"

namespace tollgate::gateway::metrics {
namespace {

constexpr std::array<const char*, transport::RouteMeter::kClasses> kStatusClasses = {
    "1xx", "2xx", "3xx", "4xx", "5xx"};

// Calls with(listener, meter) for every route of every listener.
template <typename With>
void for_each_route(const std::vector<transport::Front::ListenerView>& listeners, With with) {
    for (const auto& listener : listeners) {
        for (const auto* meter : listener.meters) {
            with(Labels{{"listener", listener.name},
                        {"method", meter->method},
                        {"route", meter->route}},
                 *meter);
        }
    }
}

std::uint64_t all_answers(const transport::RouteMeter& meter) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < transport::RouteMeter::kClasses; ++i) all += meter.answers(i);
    return all;
}

}  // namespace

void Metrics::collect_traffic(Families& families) const {
    const auto listeners =
        front_ == nullptr ? std::vector<transport::Front::ListenerView>() : front_->listeners();
    families.counter("tollgate_http_requests_total",
                     "Requests answered, by route and class of status; what no route has taken "
                     "stands under the route \"unmatched\".");
    for_each_route(listeners, [&](const Labels& labels, const transport::RouteMeter& meter) {
        for (std::size_t i = 0; i < transport::RouteMeter::kClasses; ++i) {
            if (meter.answers(i) == 0) continue;
            Labels with_class = labels;
            with_class.emplace_back("status", kStatusClasses.at(i));
            families.add(std::move(with_class), meter.answers(i));
        }
    });
    families.histogram("tollgate_http_request_duration_seconds",
                       "From a whole request to its answer, by route.");
    for_each_route(listeners, [&](const Labels& labels, const transport::RouteMeter& meter) {
        if (all_answers(meter) > 0) families.add(labels, meter.took_us(), Unit::microseconds);
    });
    families.gauge("tollgate_http_requests_in_flight",
                   "Requests that wait for their answer now, by route.");
    for_each_route(listeners, [&](const Labels& labels, const transport::RouteMeter& meter) {
        families.add(labels, meter.in_flight());
    });
    families.gauge("tollgate_http_connections", "Connections that are open now, by listener.");
    for (const auto& listener : listeners) {
        families.add({{"listener", listener.name}}, listener.connections);
    }
    families.gauge("tollgate_http_connections_max",
                   "Connections that a listener takes; more wait in the kernel's queue.");
    for (const auto& listener : listeners) {
        families.add({{"listener", listener.name}}, listener.connections_max);
    }
}

void Metrics::collect_notifications(Families& families) const {
    const auto counts = sources_.inbox.counters();
    families.counter("tollgate_notifications_total",
                     "Verified notifications, by what became of them. rejected: kept, and money "
                     "may hang on it; unavailable: not kept, Alipay sends it again.");
    families.add({{"verdict", "accepted"}}, counts.accepted);
    families.add({{"verdict", "duplicate"}}, counts.duplicate);
    families.add({{"verdict", "stale"}}, counts.stale);
    families.add({{"verdict", "ignored"}}, counts.ignored);
    families.add({{"verdict", "rejected"}}, counts.rejected);
    families.add({{"verdict", "unavailable"}}, counts.unavailable);
    families.counter("tollgate_notifications_unverified_total",
                     "Notifications that did not verify, by the reason; each was answered fail.");
    for (const auto& [reason, count] : sources_.rejects.by_reason()) {
        families.add({{"reason", reason}}, count);
    }
    families.histogram("tollgate_notification_lag_seconds",
                       "From the moment at which Alipay says that it sent a notification until it "
                       "was here. Alipay names whole seconds.");
    families.add({}, sources_.inbox.lag_ms(), Unit::milliseconds);
}

void Metrics::collect_alipay(Families& families) const {
    families.counter("tollgate_alipay_calls_total",
                     "Calls to Alipay that have ended, by method, outcome and error code.");
    for (const auto& answers : sources_.alipay.meter().answers()) {
        families.add(
            {{"method", answers.method}, {"outcome", answers.outcome}, {"code", answers.code}},
            answers.count);
    }
    families.histogram("tollgate_alipay_call_duration_seconds",
                       "From the start of a call to Alipay to its answer, by method.");
    for (const auto& took : sources_.alipay.meter().took()) {
        families.add({{"method", took.method}}, took.us, Unit::microseconds);
    }
    const auto errands = sources_.errands.counters();
    families.histogram("tollgate_sweep_duration_seconds",
                       "How long it took to see to one payment (every call that followed) or to "
                       "one refund, and to write down what came of it.");
    families.add({{"kind", "payment"}}, sources_.errands.took_ms(), Unit::milliseconds);
    families.add({{"kind", "refund"}}, sources_.refund_errands.took_ms(), Unit::milliseconds);
    families.gauge("tollgate_sweeps_in_flight", "Payments that are being seen to now.");
    families.add({}, errands.in_flight);
    families.counter("tollgate_sweep_queries_total", "Queries about payments.");
    families.add({}, errands.queries);
    families.counter("tollgate_payments_found_paid_total",
                     "Payments that a query, not a notification, first showed as paid.");
    families.add({}, errands.paid_by_query);
    families.counter("tollgate_payments_unheard_total",
                     "Payments found paid of which no notification has come within its time.");
    families.add({}, errands.paid_unheard);
}

void Metrics::collect_deliveries(Families& families) const {
    const auto endpoints = sources_.deliveries.endpoints();
    families.counter("tollgate_delivery_attempts_total",
                     "Attempts to deliver an event, by endpoint and result; spent: the last one "
                     "that its budget had.");
    std::size_t shown = 0;
    for (const auto& endpoint : endpoints) {
        if (++shown > ledger::Figures::kEndpointsMax) break;
        families.add({{"endpoint", endpoint.id}, {"result", "delivered"}}, endpoint.delivered);
        families.add({{"endpoint", endpoint.id}, {"result", "failed"}},
                     endpoint.failed - endpoint.spent);
        families.add({{"endpoint", endpoint.id}, {"result", "spent"}}, endpoint.spent);
    }
    families.gauge("tollgate_endpoint_breaker_open",
                   "1 while an endpoint counts as down and is only probed.");
    shown = 0;
    for (const auto& endpoint : endpoints) {
        if (++shown > ledger::Figures::kEndpointsMax) break;
        families.add({{"endpoint", endpoint.id}}, std::int64_t{endpoint.breaker_open ? 1 : 0});
    }
    families.gauge("tollgate_endpoint_parked", "1 while an endpoint is switched off.");
    shown = 0;
    for (const auto& endpoint : endpoints) {
        if (++shown > ledger::Figures::kEndpointsMax) break;
        families.add({{"endpoint", endpoint.id}}, std::int64_t{endpoint.parked ? 1 : 0});
    }
}

void Metrics::collect_writer(Families& families) const {
    const auto batches = sources_.writer.batches();
    const auto health = sources_.writer.health();
    families.histogram("tollgate_ledger_batch_units",
                       "Units of work that were committed together.");
    families.add({}, batches.units, Unit::one);
    families.histogram("tollgate_ledger_commit_duration_seconds",
                       "How long a COMMIT took, the sync to disk included.");
    families.add({}, batches.commit_us, Unit::microseconds);
    families.counter("tollgate_ledger_units_total", "Units of work that have ended.");
    families.add({}, health.units);
    families.gauge("tollgate_ledger_units_waiting", "Units of work that wait for the writer.");
    families.add({}, health.waiting);
    families.gauge("tollgate_ledger_write_failing",
                   "1 while the ledger cannot be written: creates get 503, notifications fail.");
    families.add({}, std::int64_t{health.write_failing || health.in_doubt ? 1 : 0});
}

void Metrics::collect_traces(Families& families) const {
    const Tracer* const tracer = sources_.tracer;
    families.counter("tollgate_trace_spans_total",
                     "Spans that the collector has taken (exported), and those that it has not or "
                     "that did not fit (dropped).");
    families.add({{"result", "exported"}},
                 tracer == nullptr ? std::uint64_t{0} : tracer->exported());
    families.add({{"result", "dropped"}}, tracer == nullptr ? std::uint64_t{0} : tracer->dropped());
}

void Metrics::collect_certificates(Families& families) const {
    const Timestamp now = sources_.clock.now();
    families.gauge("tollgate_certificate_days_left",
                   "Whole days until a certificate ends, by its owner (an app or a listener) and "
                   "kind; of several, the first to end. Keys without a certificate have no end.");
    const auto first_to_end = [](const std::vector<signing::Certificate>& certificates) {
        std::optional<Timestamp> first;
        for (const auto& certificate : certificates) {
            const Timestamp until = certificate.valid_until();
            if (!first || until.ms < first->ms) first = until;
        }
        return first;
    };
    for (const auto& id : sources_.apps.ids()) {
        const auto app = sources_.apps.find(id);
        if (app == nullptr || !app->certificates) continue;
        families.add({{"owner", id}, {"kind", "app"}},
                     days_left(app->certificates->app.valid_until(), now));
        if (const auto until = first_to_end(app->certificates->alipay)) {
            families.add({{"owner", id}, {"kind", "alipay"}}, days_left(*until, now));
        }
        if (const auto until = first_to_end(app->certificates->roots)) {
            families.add({{"owner", id}, {"kind", "alipay_root"}}, days_left(*until, now));
        }
    }
    if (front_ == nullptr) return;
    for (const auto& listener : front_->listeners()) {
        if (!listener.certificate_until) continue;
        families.add({{"owner", listener.name}, {"kind", "listener"}},
                     days_left(*listener.certificate_until, now));
    }
}

std::int64_t days_left(Timestamp until, Timestamp now) {
    return std::chrono::floor<std::chrono::days>(until - now).count();
}

}  // namespace tollgate::gateway::metrics
