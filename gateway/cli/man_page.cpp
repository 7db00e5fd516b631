#include "gateway/cli/man_page.h"

namespace tollgate::gateway::cli {
namespace {

constexpr std::string_view kBeginning = R"(.SH SYNOPSIS
.B tollgate
.I COMMAND
.RI [ OPTION .\|.\|.]
.SH DESCRIPTION
Tollgate makes Alipay payments for an order service, takes Alipay's notifications, and tells the order
service what became of each payment, again and again until it has heard.
.PP
Settings stand in one JSON file, in which comments are allowed.
.SH COMMANDS
)";

constexpr std::string_view kEnd = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
The answer is no: rejected, not valid, did not work.
.TP
.B 2
The command line cannot be understood.
.TP
.B 69
An address is taken, a file is held, a database is out of reach.
.TP
.B 70
It is not known whether a COMMIT reached the disk. Start again: recovery decides.
.TP
.B 78
The settings file has mistakes; each is named.
.PP
.B tollgate reconcile
has codes of its own, above.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
.B tollgate serve
finishes what it has begun, for up to 20 seconds each part, and ends; a second one ends it at once.
.TP
.B SIGHUP
.B tollgate serve
reads the keys, the certificates and TLS files anew, without losing a request. A mistake in the file
changes nothing.
.SH FILES
.TP
.I /etc/tollgate/tollgate.json
The settings of the packaged service.
.TP
.I /var/lib/tollgate
Its ledger.
)";

// Text in roff: nothing of it is an escape or a request, and a hyphen stays one to copy.
std::string roff(std::string_view text) {
    std::string escaped;
    bool at_line_start = true;
    for (const char c : text) {
        if (at_line_start && (c == '.' || c == '\'')) escaped += "\\&";
        if (c == '\\') {
            escaped += "\\e";
        } else if (c == '-') {
            escaped += "\\-";
        } else {
            escaped += c;
        }
        at_line_start = c == '\n';
    }
    return escaped;
}

std::string heading(const CommandNode& node) {
    std::string text = ".SS \"" + roff(node.path);
    for (const CommandOption& option : node.options) {
        if (option.is_needed && !option.is_place) text += " " + roff(option.name) + " \\fI…\\fB";
    }
    for (const CommandOption& option : node.options) {
        if (option.is_place) text += " \\fI" + roff(option.name) + "\\fB";
    }
    return text + "\"\n";
}

std::string choices(const CommandOption& option) {
    std::string text;
    for (const std::string& choice : option.choices) text += (text.empty() ? "" : ", ") + choice;
    return text.empty() ? text : " (" + text + ")";
}

std::string options_of(const CommandNode& node) {
    std::string text;
    for (const CommandOption& option : node.options) {
        if (option.name == "--help") continue;  // Of every command; told once.
        text += ".TP\n";
        text += option.is_place ? ".I " + roff(option.name) : ".B " + roff(option.name);
        text += "\n" + roff(option.what + choices(option) + ".") + "\n";
    }
    return text;
}

}  // namespace

std::string man_page(const CommandNode& root, std::string_view version) {
    std::string text = ".\\\" Printed by `tollgate man-page`; do not edit.\n";
    text += ".TH TOLLGATE 1 \"\" \"Tollgate " + roff(version) + "\" \"User Commands\"\n";
    text += ".SH NAME\ntollgate \\- a payment service that a shop runs beside its order service\n";
    text += kBeginning;
    text += "Every command explains itself with\n.BR \\-\\-help .\n";
    for (const CommandNode* node : flatten(root)) {
        // A command that only groups others has nothing to say by itself.
        if (!node->commands.empty() && node->options.size() <= 1) continue;
        if (node == &root) {
            text += options_of(*node);
            continue;
        }
        text += heading(*node);
        text += roff(node->what + ".") + "\n";
        text += options_of(*node);
    }
    text += kEnd;
    return text;
}

}  // namespace tollgate::gateway::cli
