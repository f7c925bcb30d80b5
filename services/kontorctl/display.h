#pragma once

#include <string>
#include <vector>

#include "kontor/analytics/v1/analytics_service.pb.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"

namespace kontor::ctl {

std::string Grouped(int64_t number);  // 1,469,307
std::string Show(
    const kontor::analytics::v1::KpiValue& value);  // money by two decimals with its currency; "–" for none
// As tables for a terminal.
std::string Show(const kontor::analytics::v1::QueryKpisResponse& response);
std::string Show(const kontor::recommendations::v1::RecommendResponse& response);
std::string Show(const std::vector<kontor::ingest::v1::Import>& imports);

}  // namespace kontor::ctl
