#pragma once

#include <string>
#include <string_view>
#include <vector>

// What `tollgate doctor` says. The checks are pure: settings, times and answers come in, findings
// come out.
namespace tollgate::gateway {

enum class Severity { good, warning, error };

struct Finding {
    Severity severity = Severity::error;
    std::string where;    // "/apps/0/private_key", or empty for the whole.
    std::string code;     // Stable, snake_case.
    std::string english;  // What is wrong and how to mend it.
    std::string chinese;
};

using Findings = std::vector<Finding>;

std::string_view name_of(Severity severity);

// Of each code what to say; the texts of both languages stand together, so that none is forgotten.
struct Advice {
    std::string_view code;
    std::string_view english;
    std::string_view chinese;
};

// Two lines and a head for each finding: errors first, then warnings, then what is well.
std::string to_text(const Findings& findings);

bool has_error(const Findings& findings);

}  // namespace tollgate::gateway
