#pragma once

#include <string>

namespace tollgate::gateway::cli {

struct AlipayCallOptions {
    std::string method;
    std::string config_file;
    std::string app;     // Ours; empty: the only one.
    std::string fields;  // A JSON object.

    // False when the method is refused whatever its fields are: then nobody has to type them.
    bool fields_needed() const;
};

// `tollgate alipay call`: makes a call that changes nothing and prints the answer, its kind and
// what that means, as JSON. What can change something is refused, naming the route of our API that
// does it: a call by hand would leave the ledger behind. Gives the exit code.
int alipay_call(const AlipayCallOptions& options);

}  // namespace tollgate::gateway::cli
