import { isGrpcServiceError, ServiceError } from '@temporalio/client';

/** gRPC status codes that the CLI tells apart. */
export const GRPC = {
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
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

/** The service did not answer: it is away, or busy. */
export function isAway(error: unknown): boolean {
  const code = grpcCode(error);
  if (code !== undefined) return code === GRPC.unavailable || code === GRPC.deadlineExceeded;
  return error instanceof ServiceError;
}
