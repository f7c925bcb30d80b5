#pragma once

#include "kontor/forecasting/v1/forecasting_service.pb.h"
#include "libs/domain/forecasting/accuracy.h"

namespace kontor::forecasting {

// Absent where a measure has no value.
kontor::forecasting::v1::Accuracy AccuracyFrom(const AccuracyFigures& figures);

}  // namespace kontor::forecasting
