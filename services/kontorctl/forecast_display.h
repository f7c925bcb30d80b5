#pragma once

#include <string>

#include "kontor/forecasting/v1/forecasting_service.pb.h"
#include "kontor/forecasting/v1/inventory_service.pb.h"

namespace kontor::ctl {

// As tables for a terminal.
std::string Show(const kontor::forecasting::v1::ForecastResponse& response);
// Sums over the steps.
std::string Show(const kontor::forecasting::v1::ForecastHierarchyResponse& response);
std::string Show(const kontor::forecasting::v1::DecomposeResponse& response);
std::string Show(const kontor::forecasting::v1::BacktestResponse& last);  // its summary
std::string Show(const kontor::forecasting::v1::GetAccuracyResponse& response);
std::string Show(const kontor::forecasting::v1::ExplainForecastChangeResponse& response);
std::string Show(const kontor::forecasting::v1::DetectAnomaliesResponse& response);
std::string Show(const kontor::forecasting::v1::ListTrendsResponse& response);
std::string Show(const kontor::forecasting::v1::ForecastRun& run);  // one line
std::string Show(const kontor::forecasting::v1::PlanInventoryResponse& response);
std::string Show(const kontor::forecasting::v1::SimulateInventoryResponse& response);

}  // namespace kontor::ctl
