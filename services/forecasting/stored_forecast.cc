#include "services/forecasting/stored_forecast.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/base/bytes.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/intervals.h"

namespace kontor::forecasting {
namespace {

constexpr uint32_t kVersion = 2, kWithoutFactors = 1;

void Write(const std::optional<double>& value, base::ByteWriter& out) {
  out.Value<uint8_t>(value.has_value());
  out.Value<double>(value.value_or(0));
}

void WriteFactors(const StoredForecast& forecast, base::ByteWriter& out) {
  out.Value<uint32_t>(static_cast<uint32_t>(forecast.factors.size()));
  for (const StoredFactor& factor : forecast.factors) {
    out.Value<uint8_t>(factor.kind);
    out.String(factor.name);
    out.Value<double>(factor.change);
    out.Value<double>(factor.share);
  }
  out.Array(forecast.multipliers);
  Write(forecast.factors_wape, out);
  Write(forecast.factorless_wape, out);
  out.Value<uint8_t>(forecast.usual_weather);
}

std::optional<double> Read(base::ByteReader& in) {
  const bool has = in.Value<uint8_t>() != 0;
  const double value = in.Value<double>();
  return has ? std::optional<double>(value) : std::nullopt;
}

void ReadFactors(base::ByteReader& in, StoredForecast& forecast) {
  const auto count = in.Value<uint32_t>();
  for (uint32_t i = 0; i < count && in.status().ok(); ++i) {
    StoredFactor& factor = forecast.factors.emplace_back();
    factor.kind = in.Value<uint8_t>();
    factor.name = in.String();
    factor.change = in.Value<double>();
    factor.share = in.Value<double>();
  }
  forecast.multipliers = in.Array<double>();
  forecast.factors_wape = Read(in);
  forecast.factorless_wape = Read(in);
  forecast.usual_weather = in.Value<uint8_t>() != 0;
}

}  // namespace

std::vector<double> QuantilesAt(const StoredForecast& forecast, size_t step, absl::Span<const double> probabilities) {
  const auto begin = forecast.quantiles.begin() + static_cast<ptrdiff_t>(step * std::size(kRunLevels));
  const std::vector<double> row(begin, begin + std::size(kRunLevels));
  std::vector<double> out;
  for (const double probability : probabilities) {
    out.push_back(std::max(0.0, InterpolateQuantile(kRunLevels, row, probability)));
  }
  return out;
}

std::string SaveForecast(const StoredForecast& forecast) {
  base::ByteWriter out;
  out.Value<uint32_t>(kVersion);
  out.Value<int64_t>(forecast.first_step);
  out.String(forecast.method);
  out.String(forecast.model);
  out.Value<uint8_t>(forecast.pieces);
  for (const auto* values : {&forecast.mean, &forecast.variance, &forecast.naive}) out.Array(*values);
  out.Array(forecast.quantiles);
  for (const double value : {forecast.base_total, forecast.naive_scale, forecast.squared_scale}) {
    out.Value<double>(value);
  }
  Write(forecast.backtest_wape, out);
  Write(forecast.backtest_naive_wape, out);
  WriteFactors(forecast, out);
  return std::move(out).Take();
}

absl::StatusOr<StoredForecast> LoadForecast(absl::string_view bytes) {
  base::ByteReader in(bytes);
  StoredForecast forecast;
  const auto version = in.Value<uint32_t>();
  in.Require(version == kVersion || version == kWithoutFactors, "a stored forecast is of another version");
  forecast.first_step = in.Value<int64_t>();
  forecast.method = in.String();
  forecast.model = in.String();
  forecast.pieces = in.Value<uint8_t>() != 0;
  for (auto* values : {&forecast.mean, &forecast.variance, &forecast.naive}) *values = in.Array<double>();
  forecast.quantiles = in.Array<float>();
  for (double* value : {&forecast.base_total, &forecast.naive_scale, &forecast.squared_scale}) {
    *value = in.Value<double>();
  }
  forecast.backtest_wape = Read(in);
  forecast.backtest_naive_wape = Read(in);
  if (version == kVersion) ReadFactors(in, forecast);
  const size_t steps = forecast.mean.size();
  in.Require(forecast.variance.size() == steps && forecast.naive.size() == steps &&
                 forecast.quantiles.size() == steps * std::size(kRunLevels) &&
                 (forecast.multipliers.empty() || forecast.multipliers.size() == steps),
             "a stored forecast's columns differ in length");
  in.Require(in.AtEnd(), "a stored forecast is longer than it says");
  RETURN_IF_ERROR(in.status());
  return forecast;
}

}  // namespace kontor::forecasting
