#pragma once

#include <string>

namespace kontor::testing {

// The whole answer of 127.0.0.1:port to a GET: status line, headers, body. "" when nothing answers.
std::string HttpGet(int port, const std::string& path);

}  // namespace kontor::testing
