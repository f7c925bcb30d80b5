#include "services/analytics/convert.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/hash.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::analytics {
namespace {

constexpr int64_t kEarliestSecond = -62135596800;  // 0001-01-01, the range of google.protobuf.Timestamp
constexpr int64_t kLatestSecond = 253402300799;    // 9999-12-31

Grain ReadGrain(v1::Grain grain, base::Violations& violations) {
  switch (grain) {
    case v1::GRAIN_UNSPECIFIED:
      return Grain::kNone;
    case v1::GRAIN_HOUR:
      return Grain::kHour;
    case v1::GRAIN_DAY:
      return Grain::kDay;
    case v1::GRAIN_WEEK:
      return Grain::kWeek;
    case v1::GRAIN_MONTH:
      return Grain::kMonth;
    case v1::GRAIN_QUARTER:
      return Grain::kQuarter;
    case v1::GRAIN_YEAR:
      return Grain::kYear;
    default:
      violations.Add("grain", "UNKNOWN_GRAIN", "use a grain from GRAIN_HOUR to GRAIN_YEAR, or none");
      return Grain::kNone;
  }
}

std::optional<absl::Time> ReadTime(absl::string_view field, bool given, const google::protobuf::Timestamp& stamp,
                                   base::Violations& violations) {
  if (!given) return std::nullopt;
  if (stamp.seconds() < kEarliestSecond || stamp.seconds() > kLatestSecond || stamp.nanos() < 0 ||
      stamp.nanos() >= 1'000'000'000) {
    violations.Add(field, "TIME_INVALID", "give a time from year 1 to 9999 with nanos from 0 to 999,999,999");
    return std::nullopt;
  }
  return fleet::TimeOf(stamp);
}

OrderBy ReadOrderBy(const std::string& text, base::Violations& violations) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (words.empty()) return {};
  const bool direction = words.size() == 2 && (words[1] == "desc" || words[1] == "asc");
  if (words.size() > 2 || (words.size() == 2 && !direction)) {
    violations.Add("order_by", "ORDER_INVALID",
                   "write one metric or dimension, \" desc\" may follow: \"revenue desc\"");
    return {};
  }
  return {words[0], words.size() == 2 && words[1] == "desc"};
}

Query ReadQuery(const v1::QueryKpisRequest& request, base::Violations& violations) {
  Query query;
  query.metrics.assign(request.metrics().begin(), request.metrics().end());
  query.dimensions.assign(request.dimensions().begin(), request.dimensions().end());
  if (request.dimensions_size() > kMaxDimensions) {
    violations.Add("dimensions", "TOO_MANY_DIMENSIONS", "at most four dimensions are taken");
  }
  query.grain = ReadGrain(request.grain(), violations);
  for (const v1::Filter& filter : request.filters()) {
    query.filters.push_back({filter.dimension(), {filter.values().begin(), filter.values().end()}, filter.exclude()});
  }
  query.from = ReadTime("start_time", request.has_start_time(), request.start_time(), violations);
  query.to = ReadTime("end_time", request.has_end_time(), request.end_time(), violations);
  query.as_of = ReadTime("as_of", request.has_as_of(), request.as_of(), violations);
  query.order_by = ReadOrderBy(request.order_by(), violations);
  if (request.return_attribution() == v1::RETURN_ATTRIBUTION_SALE_DAY) {
    query.returns_by = ReturnsBy::kSaleDay;
  } else if (request.return_attribution() > v1::RETURN_ATTRIBUTION_SALE_DAY || request.return_attribution() < 0) {
    violations.Add("return_attribution", "UNKNOWN_ATTRIBUTION", "use RETURN_ATTRIBUTION_RETURN_DAY or …_SALE_DAY");
  }
  return query;
}

void SetTimeIfFinite(absl::Time time, google::protobuf::Timestamp* (v1::QueryKpisResponse::*field)(),
                     v1::QueryKpisResponse& response) {
  if (time > absl::InfinitePast() && time < absl::InfiniteFuture()) fleet::SetTime(time, *(response.*field)());
}

constexpr int64_t kNano = base::Decimal::kOne;

void WriteValue(const Value& value, Unit unit, const std::string& currency, v1::KpiValue& out) {
  if (value.is_null) return;
  switch (unit) {
    case Unit::kMoney:
      out.mutable_money()->set_currency_code(currency);
      out.mutable_money()->set_units(static_cast<int64_t>(value.exact / kNano));
      out.mutable_money()->set_nanos(static_cast<int32_t>(value.exact % kNano));
      return;
    case Unit::kPieces:
      out.mutable_quantity()->set_units(static_cast<int64_t>(value.exact / kNano));
      out.mutable_quantity()->set_nanos(static_cast<int32_t>(value.exact % kNano));
      return;
    case Unit::kCount:
      out.set_count(static_cast<int64_t>(value.exact));
      return;
    case Unit::kRatio:
      out.set_ratio(value.ratio);
      return;
  }
}

// Which currency the money of a row is in: the answer's one, or the row's key.
class Currencies {
 public:
  explicit Currencies(const QueryResult& result) : result_(result) {
    for (const KeyColumn& key : result.keys) {
      if (key.name == DimensionName(Dimension::kCurrency)) key_ = &key;
    }
  }
  const std::string& Of(size_t row) const { return key_ == nullptr ? result_.currency : key_->At(row); }
  // The domain gives no total over several currencies, so that of the key's values at most one is a currency here.
  const std::string& OfTotals() const {
    if (key_ == nullptr) return result_.currency;
    const auto named =
        std::find_if(key_->values.begin(), key_->values.end(), [](const std::string& value) { return !value.empty(); });
    return named == key_->values.end() ? result_.currency : *named;
  }

 private:
  const QueryResult& result_;
  const KeyColumn* key_ = nullptr;
};

void WriteHead(const Answer& answer, v1::QueryKpisResponse& response) {
  const QueryResult& result = answer.result;
  const Currencies currencies(result);
  for (const KeyColumn& key : result.keys) response.add_key_columns(key.name);
  for (const MetricColumn& metric : result.metrics) {
    response.add_metric_columns(metric.name);
    WriteValue(metric.total, metric.unit, currencies.OfTotals(), *response.mutable_totals()->add_values());
  }
  response.set_total_size(static_cast<int64_t>(result.rows));
  SetTimeIfFinite(result.as_of, &v1::QueryKpisResponse::mutable_as_of, response);
  SetTimeIfFinite(answer.watermark, &v1::QueryKpisResponse::mutable_watermark, response);
  response.set_late_events(answer.late_events);
  response.set_refused_events(answer.refused_events);
  response.set_time_zone(answer.time_zone);
}

v1::Metric::Unit UnitOf(Unit unit) {
  switch (unit) {
    case Unit::kMoney:
      return v1::Metric::UNIT_MONEY;
    case Unit::kCount:
      return v1::Metric::UNIT_COUNT;
    case Unit::kPieces:
      return v1::Metric::UNIT_PIECES;
    case Unit::kRatio:
      return v1::Metric::UNIT_RATIO;
  }
  return v1::Metric::UNIT_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<Question> ReadQuestion(const v1::QueryKpisRequest& request) {
  base::Violations violations;
  Question question;
  question.query = ReadQuery(request, violations);
  if (request.page_size() < 0) violations.Add("page_size", "PAGE_SIZE_NEGATIVE", "give 0 to 20,000");
  if (request.page_size() > 0) question.page_size = std::min(request.page_size(), kMaxPageSize);
  for (const base::Violation& one : base::ErrorViolations(Validate(question.query))) {
    violations.Add(one.field, one.reason, one.description);
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return question;
}

uint64_t HashOfQuestion(const v1::QueryKpisRequest& request) {
  v1::QueryKpisRequest question = request;
  question.clear_page_token();
  question.clear_page_size();
  question.clear_read_after();
  return base::StableHash(question.SerializeAsString());
}

int64_t WritePage(const Answer& answer, int64_t offset, int page_size, v1::QueryKpisResponse& response) {
  WriteHead(answer, response);
  const QueryResult& result = answer.result;
  const Currencies currencies(result);
  const auto total = static_cast<int64_t>(result.rows);
  const int64_t end = std::min(total, offset + page_size);
  int64_t bytes = 0;
  int64_t row = offset;
  for (; row < end; ++row) {
    v1::KpiRow& out = *response.add_rows();
    for (const KeyColumn& key : result.keys) out.add_keys(key.At(row));
    for (const MetricColumn& metric : result.metrics) {
      WriteValue(metric.At(row), metric.unit, currencies.Of(row), *out.add_values());
    }
    bytes += static_cast<int64_t>(out.ByteSizeLong()) + 6;  // with its tag and length
    if (bytes > kMaxPageBytes && row > offset) {
      response.mutable_rows()->RemoveLast();
      break;
    }
  }
  return row;
}

v1::ListMetricsResponse DescribeMetrics() {
  v1::ListMetricsResponse response;
  for (const MetricInfo& metric : Metrics()) {
    v1::Metric& out = *response.add_metrics();
    out.set_name(std::string(metric.name));
    out.set_unit(UnitOf(metric.unit));
    out.set_description(std::string(metric.description));
    for (const DimensionInfo& dimension : Dimensions()) {
      if (metric.Allows(dimension.dimension)) out.add_dimensions(std::string(dimension.name));
    }
  }
  for (const DimensionInfo& dimension : Dimensions()) {
    v1::Dimension& out = *response.add_dimensions();
    out.set_name(std::string(dimension.name));
    out.set_description(std::string(dimension.description));
  }
  return response;
}

}  // namespace kontor::analytics
