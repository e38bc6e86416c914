import { isGrpcServiceError, ServiceError } from '@temporalio/client';

/** gRPC status codes that the CLI tells apart. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The gRPC status code below an error of the SDK, or undefined. */
export function grpcCode(error: unknown): number | undefined {
  return grpcError(error)?.code;
}

/** What the service said, without the SDK's wrapping. */
export function grpcText(error: unknown): string | undefined {
  return grpcError(error)?.details;
}

function grpcError(error: unknown): { code: number; details: string } | undefined {
  if (isGrpcServiceError(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? undefined : grpcError(cause);
}

/** Codes of a service that is away, busy, or just going down or coming up: what a later try may get past. */
const PASSING: readonly number[] = [
  GRPC.cancelled,
  GRPC.unknown,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  GRPC.aborted,
  GRPC.internal,
  GRPC.unavailable,
];

/** The service did not answer, for now. */
export function isAway(error: unknown): boolean {
  const code = grpcCode(error);
  return code === undefined ? error instanceof ServiceError : PASSING.includes(code);
}
