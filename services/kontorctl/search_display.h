#pragma once

#include <string>

#include "kontor/search/v1/search_service.pb.h"

namespace kontor::ctl {

// As tables for a terminal.
std::string Show(const kontor::search::v1::SearchResponse& response);
std::string Show(const kontor::search::v1::SuggestResponse& response);
std::string Show(const kontor::search::v1::ExplainResponse& response);

}  // namespace kontor::ctl
