#include "gateway/doctor/finding.h"

#include <algorithm>

#include "base/check.h"

namespace tollgate::gateway {

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::good: return "ok";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string to_text(const Findings& findings) {
    std::string text;
    for (const Severity severity : {Severity::error, Severity::warning, Severity::good}) {
        for (const Finding& finding : findings) {
            if (finding.severity != severity) continue;
            text.append(name_of(severity));
            if (!finding.where.empty()) text.append(" ").append(finding.where);
            text.append(" (").append(finding.code).append(")\n");
            text.append("    ").append(finding.english).append("\n");
            text.append("    ").append(finding.chinese).append("\n");
        }
    }
    return text;
}

bool has_error(const Findings& findings) {
    return std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.severity == Severity::error; });
}

}  // namespace tollgate::gateway
