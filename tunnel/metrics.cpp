#include "tunnel/metrics.h"

#include <array>
#include <functional>
#include <string_view>

namespace tollgate::tunnel {
namespace {

void add_head(std::string& text, std::string_view name, std::string_view type,
              std::string_view help) {
    text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    text.append(name).append(" ").append(type).append("\n");
}

void add_sample(std::string& text, std::string_view name, std::string_view labels,
                const std::string& value) {
    text.append(name);
    if (!labels.empty()) text.append("{").append(labels).append("}");
    text.append(" ").append(value).append("\n");
}

void add_alone(std::string& text, std::string_view name, std::string_view type,
               std::string_view help, std::uint64_t value) {
    add_head(text, name, type, help);
    add_sample(text, name, "", std::to_string(value));
}

struct Series {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::string_view more_labels;  // Beside the tunnel's name.
    std::string (*value)(const TunnelCounters&);
};

template <std::uint64_t TunnelCounters::*member>
std::string count(const TunnelCounters& counters) {
    return std::to_string(counters.*member);
}

// Names of tunnels are letters, digits and hyphens: nothing in a label to escape.
constexpr std::array<Series, 21> kSeries{{
    {"tollgate_tunnel_received_total", "counter", "Callbacks that came in.", "",
     count<&TunnelCounters::received>},
    {"tollgate_tunnel_resent_total", "counter", "Of those, sent again by the provider.", "",
     count<&TunnelCounters::resent>},
    {"tollgate_tunnel_superseded_total", "counter", "Kept ones whose place a re-send took.", "",
     count<&TunnelCounters::superseded>},
    {"tollgate_tunnel_kept_total", "counter", "Callbacks that had to be kept for later.", "",
     count<&TunnelCounters::kept_ever>},
    {"tollgate_tunnel_handed_out_total", "counter", "Hand-outs to the laptop, each try counted.",
     "", count<&TunnelCounters::handed_out>},
    {"tollgate_tunnel_drained_total", "counter", "Of those, of callbacks that had been kept.", "",
     count<&TunnelCounters::drained>},
    {"tollgate_tunnel_put_back_total", "counter", "Taken back from a client that was gone.", "",
     count<&TunnelCounters::put_back>},
    {"tollgate_tunnel_answered_total", "counter", "Answers of the app.", "",
     count<&TunnelCounters::answered>},
    {"tollgate_tunnel_no_answer_total", "counter",
     "Sendings whose provider was told that there is no answer, by reason.", R"(reason="offline")",
     count<&TunnelCounters::told_offline>},
    {"tollgate_tunnel_no_answer_total", "counter", "", R"(reason="app_slow")",
     count<&TunnelCounters::told_slow>},
    {"tollgate_tunnel_app_failures_total", "counter",
     "Hand-outs that the app did not answer, each try counted.", "",
     count<&TunnelCounters::no_app>},
    {"tollgate_tunnel_refused_total", "counter", "Sendings that were not taken, by reason.",
     R"(reason="too_large")", count<&TunnelCounters::refused_large>},
    {"tollgate_tunnel_refused_total", "counter", "", R"(reason="too_many")",
     count<&TunnelCounters::refused_many>},
    {"tollgate_tunnel_refused_total", "counter", "", R"(reason="no_room")",
     count<&TunnelCounters::refused_full>},
    {"tollgate_tunnel_dropped_total", "counter", "Expired, or passed over at the client's wish.",
     "", count<&TunnelCounters::dropped>},
    {"tollgate_tunnel_kept", "gauge", "Callbacks that wait for the laptop.", "",
     count<&TunnelCounters::kept>},
    {"tollgate_tunnel_queue_depth", "gauge", "Callbacks without an answer, whoever has them.", "",
     count<&TunnelCounters::depth>},
    {"tollgate_tunnel_queue_bytes", "gauge", "What those take.", "",
     [](const TunnelCounters& counters) { return std::to_string(counters.bytes); }},
    {"tollgate_tunnel_oldest_age_seconds", "gauge", "Age of the oldest of those.", "",
     [](const TunnelCounters& counters) {
         return std::to_string(counters.oldest_age.count() / 1'000);
     }},
    {"tollgate_tunnel_sessions", "gauge", "Clients that are connected.", "",
     count<&TunnelCounters::sessions>},
    {"tollgate_tunnel_online", "gauge", "Whether any is.", "",
     [](const TunnelCounters& counters) { return std::string(counters.online ? "1" : "0"); }},
}};

}  // namespace

std::string metrics_of(const std::vector<Relay::TunnelState>& tunnels,
                       const GroupWriter::Health& writer) {
    std::string text;
    for (const Series& series : kSeries) {
        // Of one name, the first has the help.
        if (!series.help.empty()) add_head(text, series.name, series.type, series.help);
        for (const auto& tunnel : tunnels) {
            std::string labels = R"(tunnel=")" + tunnel.name + '"';
            if (!series.more_labels.empty()) labels.append(",").append(series.more_labels);
            add_sample(text, series.name, labels, series.value(tunnel.counters));
        }
    }
    add_alone(text, "tollgate_tunnel_store_writes_total", "counter", "Writes that were committed.",
              writer.writes);
    add_alone(text, "tollgate_tunnel_store_commits_total", "counter", "Commits that carried them.",
              writer.commits);
    add_alone(text, "tollgate_tunnel_store_waiting", "gauge", "Writes in line.", writer.waiting);
    add_alone(text, "tollgate_tunnel_store_failing", "gauge",
              "1 while the store cannot be written.", writer.failing ? 1 : 0);
    return text;
}

std::string metrics_of(const ClientState& client) {
    std::string text;
    add_alone(text, "tollgate_tunnel_client_connected", "gauge", "Whether the relay is reached.",
              client.connected ? 1 : 0);
    add_alone(text, "tollgate_tunnel_client_kept", "gauge", "Callbacks that wait at the relay.",
              client.kept);
    add_alone(text, "tollgate_tunnel_client_received_total", "counter",
              "Callbacks that were handed to us.", client.handed);
    add_alone(text, "tollgate_tunnel_client_from_memory_total", "counter",
              "Of those, had been answered before.", client.from_memory);
    add_alone(text, "tollgate_tunnel_client_answered_total", "counter", "Answers of the app.",
              client.answered);
    add_alone(text, "tollgate_tunnel_client_no_answer_total", "counter",
              "Tries that the app did not answer.", client.no_app);
    return text;
}

}  // namespace tollgate::tunnel
