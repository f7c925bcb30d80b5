#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kontor::opensearch {

// Inside this library only: the error of an answer with an HTTP status other than 2xx, by the table of Client::Send.
// The message has the reasons in `body`, from the outermost to its cause; where there are none, its first bytes.
absl::Status StatusOfAnswer(long http, absl::string_view body);

}  // namespace kontor::opensearch
